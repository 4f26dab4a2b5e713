using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Markdig.Syntax;

namespace GitLabAgents.Build.Help;

/// <summary>A parameter, as a help page documents it.</summary>
public sealed class ParameterEntry
{
    internal ParameterEntry(string file, MarkdownSection section)
    {
        Name = section.Title.TrimStart('-');
        string source = $"{file}: -{Name}";
        Description = [.. section.Blocks.Where(static block => !IsYaml(block)).Select(PlainText.Of)];
        Attributes =
        [
            .. section.Blocks.Where(IsYaml)
                .Select(block => new ParameterAttributes(source, PlainText.GetLines((FencedCodeBlock)block))),
        ];
        if (Attributes.Count == 0 || Description.Count == 0)
        {
            throw new BuildException($"{source} must have a description and a ```yaml block.");
        }
    }

    /// <summary>Gets the name.</summary>
    public string Name { get; }

    /// <summary>Gets the paragraphs of the description.</summary>
    public IReadOnlyList<string> Description { get; }

    /// <summary>Gets the attributes: one entry for all parameter sets, or one for each group of sets.</summary>
    public IReadOnlyList<ParameterAttributes> Attributes { get; }

    private static bool IsYaml(Block block) => block is FencedCodeBlock { Info: "yaml" };
}

/// <summary>The attributes of a parameter in all parameter sets, or in some.</summary>
public sealed class ParameterAttributes
{
    private const string All = "(All)";
    private const string None = "None";
    private const string Switch = "SwitchParameter";

    internal ParameterAttributes(string source, IEnumerable<string> yaml)
    {
        Dictionary<string, string> values = PlainText.ReadPairs(yaml)
            .ToDictionary(static pair => pair.Key, static pair => pair.Value, StringComparer.Ordinal);
        Type = Get("Type");
        Sets = ReadList(Get("Parameter Sets"));
        Aliases = ReadList(Get("Aliases"));
        AcceptedValues = values.TryGetValue("Accepted values", out string? accepted) ? ReadList(accepted) : [];
        IsRequired = GetBoolean("Required");
        Position = Get("Position") is var position && position == "Named"
            ? null
            : int.Parse(position, CultureInfo.InvariantCulture);
        DefaultValue = Get("Default value");
        PipelineInput = Get("Accept pipeline input");
        AcceptsWildcards = GetBoolean("Accept wildcard characters");

        string Get(string key)
            => values.TryGetValue(key, out string? value)
                ? value
                : throw new BuildException($"{source} lacks '{key}'.");

        bool GetBoolean(string key)
            => bool.TryParse(Get(key), out bool value)
                ? value
                : throw new BuildException($"{source}: '{key}' must be True or False.");
    }

    /// <summary>Gets the short name of the type.</summary>
    public string Type { get; }

    /// <summary>Gets the names of the parameter sets.</summary>
    public IReadOnlyList<string> Sets { get; }

    /// <summary>Gets a value indicating whether the attributes hold in every parameter set.</summary>
    public bool IsInAllSets => Sets is [All];

    /// <summary>Gets the aliases.</summary>
    public IReadOnlyList<string> Aliases { get; }

    /// <summary>Gets the values of an enumeration.</summary>
    public IReadOnlyList<string> AcceptedValues { get; }

    /// <summary>Gets a value indicating whether the parameter is mandatory.</summary>
    public bool IsRequired { get; }

    /// <summary>Gets the position, or <see langword="null"/> if the parameter must be named.</summary>
    public int? Position { get; }

    /// <summary>Gets the description of the default value.</summary>
    public string DefaultValue { get; }

    /// <summary>Gets whether and how the parameter accepts pipeline input, as Get-Help displays it.</summary>
    public string PipelineInput { get; }

    /// <summary>Gets a value indicating whether the parameter accepts pipeline input by value.</summary>
    public bool AcceptsInputByValue => PipelineInput.Contains("ByValue", StringComparison.Ordinal);

    /// <summary>Gets a value indicating whether the parameter accepts pipeline input by property name.</summary>
    public bool AcceptsInputByPropertyName => PipelineInput.Contains("ByPropertyName", StringComparison.Ordinal);

    /// <summary>Gets a value indicating whether the parameter accepts wildcard characters.</summary>
    public bool AcceptsWildcards { get; }

    /// <summary>Gets a value indicating whether the parameter is a switch.</summary>
    public bool IsSwitch => Type == Switch;

    internal string PositionText => Position?.ToString(CultureInfo.InvariantCulture) ?? "named";

    internal string AliasText => Aliases.Count == 0 ? "none" : string.Join(", ", Aliases);

    internal string FormatSyntax(string name)
    {
        string text = Position is null ? $"-{name}" : $"[-{name}]";
        text = IsSwitch ? text : $"{text} <{Type}>";
        return IsRequired ? text : $"[{text}]";
    }

    private static string[] ReadList(string text)
        => text is "" or None
            ? []
            : text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
