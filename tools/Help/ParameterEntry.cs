using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Markdig.Syntax;

namespace GitLabAgents.Help;

/// <summary>What a page says about a parameter.</summary>
public sealed class ParameterEntry
{
    internal ParameterEntry(string file, MarkdownSection section)
    {
        Name = section.Title.TrimStart('-');
        string where = $"{file}: -{Name}";
        Description = [.. section.Blocks.Where(b => !IsYaml(b)).Select(PlainText.Of)];
        Facts = [.. section.Blocks.Where(IsYaml).Select(b => new ParameterFacts(where, PlainText.LinesOf((FencedCodeBlock)b)))];
        if (Facts.Count == 0 || Description.Count == 0)
        {
            throw new HelpException($"{where} has a description and a yaml block.");
        }
    }

    /// <summary>Gets the name.</summary>
    public string Name { get; }

    /// <summary>Gets what it is for.</summary>
    public IReadOnlyList<string> Description { get; }

    /// <summary>Gets what holds for it: once, or for each of its sets.</summary>
    public IReadOnlyList<ParameterFacts> Facts { get; }

    private static bool IsYaml(Block block) => block is FencedCodeBlock { Info: "yaml" };
}

/// <summary>What holds for a parameter in all sets, or in some.</summary>
public sealed class ParameterFacts
{
    private const string All = "(All)";
    private const string None = "None";
    private const string Switch = "SwitchParameter";

    internal ParameterFacts(string where, IEnumerable<string> yaml)
    {
        Dictionary<string, string> facts = PlainText.ReadPairs(yaml).ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal);
        string Get(string key) => facts.TryGetValue(key, out string? value) ? value : throw new HelpException($"{where} does not say: {key}");
        bool Is(string key) => bool.TryParse(Get(key), out bool value) ? value : throw new HelpException($"{where} says neither True nor False: {key}");

        Type = Get("Type");
        Sets = List(Get("Parameter Sets"));
        Aliases = List(Get("Aliases"));
        AcceptedValues = facts.TryGetValue("Accepted values", out string? values) ? List(values) : [];
        IsRequired = Is("Required");
        Position = Get("Position") is var position && position == "Named" ? null : int.Parse(position, CultureInfo.InvariantCulture);
        DefaultValue = Get("Default value");
        PipelineInput = Get("Accept pipeline input");
        AcceptsWildcards = Is("Accept wildcard characters");
    }

    /// <summary>Gets the short name of the type.</summary>
    public string Type { get; }

    /// <summary>Gets the parameter sets.</summary>
    public IReadOnlyList<string> Sets { get; }

    /// <summary>Gets a value indicating whether this holds in every set.</summary>
    public bool IsInAllSets => Sets is [All];

    /// <summary>Gets the aliases.</summary>
    public IReadOnlyList<string> Aliases { get; }

    /// <summary>Gets the values of an enumeration.</summary>
    public IReadOnlyList<string> AcceptedValues { get; }

    /// <summary>Gets a value indicating whether it is mandatory.</summary>
    public bool IsRequired { get; }

    /// <summary>Gets the position, or <see langword="null"/> where it has to be named.</summary>
    public int? Position { get; }

    /// <summary>Gets the default, in words.</summary>
    public string DefaultValue { get; }

    /// <summary>Gets whether and how it takes pipeline input, in PowerShell's words.</summary>
    public string PipelineInput { get; }

    /// <summary>Gets a value indicating whether it takes input by value.</summary>
    public bool TakesValue => PipelineInput.Contains("ByValue", StringComparison.Ordinal);

    /// <summary>Gets a value indicating whether it takes input by property name.</summary>
    public bool TakesProperty => PipelineInput.Contains("ByPropertyName", StringComparison.Ordinal);

    /// <summary>Gets a value indicating whether it takes wildcards.</summary>
    public bool AcceptsWildcards { get; }

    /// <summary>Gets a value indicating whether it is a switch.</summary>
    public bool IsSwitch => Type == Switch;

    internal string PositionText => Position?.ToString(CultureInfo.InvariantCulture) ?? "named";

    internal string AliasText => Aliases.Count == 0 ? "none" : string.Join(", ", Aliases);

    internal string? DefaultText => DefaultValue == None ? null : DefaultValue;

    internal string ToSyntax(string name)
    {
        string text = Position is null ? $"-{name}" : $"[-{name}]";
        text = IsSwitch ? text : $"{text} <{Type}>";
        return IsRequired ? text : $"[{text}]";
    }

    private static string[] List(string text)
        => text is "" or None ? [] : text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
