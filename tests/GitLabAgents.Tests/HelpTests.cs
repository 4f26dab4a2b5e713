using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Reflection;
using System.Text.RegularExpressions;
using GitLabAgents.Build.Help;
using GitLabAgents.Build.Packaging;
using GitLabAgents.Commands;
using Xunit;
using ParameterAttributes = GitLabAgents.Build.Help.ParameterAttributes;

namespace GitLabAgents.Tests;

/// <summary>Checks that the help pages match the compiled cmdlets and read like PowerShell's own help.</summary>
public sealed class HelpTests
{
    private const string AllParameterSets = ParameterAttribute.AllParameterSets;

    private static readonly HelpFolder Folder = new(Repository.Root);
    private static readonly Dictionary<string, CommandPage> Pages =
        Folder.ReadCommands().ToDictionary(static page => page.Name, StringComparer.Ordinal);

    private static readonly Dictionary<string, Type> Types = typeof(GitLabCmdlet).Assembly.GetExportedTypes()
        .Where(static type => type.GetCustomAttribute<CmdletAttribute>() is not null)
        .ToDictionary(GetName, StringComparer.Ordinal);

    public static TheoryData<string> Cmdlets => new(Types.Keys);

    public static TheoryData<string> Topics => new(Folder.ReadTopics().Select(static page => page.File));

    [Fact]
    public void The_build_writes_the_help_files()
    {
        IReadOnlyDictionary<string, string> files = Folder.Create();
        Assert.Equal(
            files.Keys,
            Directory.EnumerateFiles(Repository.PathOf("en-US"))
                .Select(Path.GetFileName)
                .Order(StringComparer.Ordinal));
        Assert.All(files, file => Assert.Equal(file.Value, File.ReadAllText(Repository.PathOf("en-US", file.Key))));
    }

    [Fact]
    public void Each_exported_cmdlet_has_a_page_and_each_page_a_cmdlet()
    {
        var manifest = ModuleManifest.Parse(File.ReadAllText(Repository.PathOf("GitLabAgents.psd1")));
        Assert.Equal(
            manifest.GetStrings("CmdletsToExport").Order(StringComparer.Ordinal),
            Pages.Keys.Order(StringComparer.Ordinal));
        Assert.All(Pages.Values, static page => Assert.Equal(page.Name + ".md", page.File));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_parameter_is_documented_as_compiled(string name)
    {
        string[] sets = GetParameterSets(Types[name]);
        IEnumerable<string> compiled = GetParameters(Types[name]).SelectMany(parameter => parameter.Describe(sets));
        IEnumerable<string> documented = Pages[name].Parameters.SelectMany(
            parameter => parameter.Attributes.SelectMany(attributes => Describe(parameter.Name, attributes, sets)));
        Assert.Equal(compiled.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void The_accepted_values_of_an_enumeration_are_documented(string name)
    {
        foreach (ParameterEntry parameter in Pages[name].Parameters)
        {
            Type? type = Types[name].GetProperty(parameter.Name)?.PropertyType;
            string[] expected = type is { IsEnum: true } ? Enum.GetNames(type) : [];
            Assert.All(parameter.Attributes, attributes => Assert.Equal(expected, attributes.AcceptedValues));
        }
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_syntax_matches_the_parameters(string name)
    {
        CommandPage page = Pages[name];
        string[] sets = GetParameterSets(Types[name]);
        string? defaultSet = GetDefaultSet(Types[name]) ?? (sets is [AllParameterSets] ? AllParameterSets : null);
        Assert.Equal(
            sets.Order(StringComparer.Ordinal),
            page.Syntax.Select(static syntax => syntax.Set).Order(StringComparer.Ordinal));
        Assert.Equal(defaultSet, page.Syntax.SingleOrDefault(static syntax => syntax.IsDefault)?.Set);
        Assert.All(page.Syntax, syntax => Assert.Equal(page.FormatSyntax(syntax.Set), syntax.Text));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_page_is_complete(string name)
    {
        CommandPage page = Pages[name];
        Assert.NotEmpty(page.Inputs);
        Assert.NotEmpty(page.Outputs);
        Assert.Contains(page.Notes, static text => text.Contains("role", StringComparison.OrdinalIgnoreCase));
        Assert.Contains(page.Notes, static text => text.Contains("scope", StringComparison.OrdinalIgnoreCase));
        Assert.Equal("GitLabAgents.dll-Help.xml", page.FrontMatter["external help file"]);
        Assert.Equal("GitLabAgents", page.FrontMatter["Module Name"]);
        Assert.Equal("2.0.0", page.FrontMatter["schema"]);
        Assert.True(Uri.TryCreate(page.OnlineVersion, UriKind.Absolute, out Uri? online), page.OnlineVersion);
        Assert.Equal(Uri.UriSchemeHttps, online!.Scheme);
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void The_synopsis_begins_with_a_verb_and_the_description_with_the_cmdlet(string name)
    {
        CommandPage page = Pages[name];
        Assert.Matches(@"^[A-Z][a-z]+s\b[^.]*\.$", page.Synopsis); // "Gets …", "Creates …"
        Assert.StartsWith($"The {name} cmdlet ", page.Description[0], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_parameter_description_begins_as_in_the_help_of_PowerShell(string name)
    {
        foreach (ParameterEntry parameter in Pages[name].Parameters)
        {
            string pattern = parameter.Name switch
            {
                "WhatIf" => @"^Shows what would happen if the cmdlet runs\. The cmdlet is not run\.$",
                "Confirm" => @"^Prompts you for confirmation before running the cmdlet\.$",
                _ when parameter.Attributes[0].IsSwitch => "^Indicates that ",
                _ => "^Specifies ",
            };
            Assert.Matches(pattern, parameter.Description[0]);
            Assert.All(parameter.Description, static text => Assert.Matches(@"[.:)`]$", text.Split('\n')[^1]));
        }
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_page_has_numbered_examples_with_explanations(string name)
    {
        CommandPage page = Pages[name];
        Assert.True(page.Examples.Count >= 2, $"{name} has fewer than two examples.");
        Assert.Contains(
            page.Examples,
            example => example.Code.Contains('|', StringComparison.Ordinal) || page.Parameters.Count == 0);
        for (int i = 0; i < page.Examples.Count; i++)
        {
            Example example = page.Examples[i];
            Assert.Matches(string.Create(CultureInfo.InvariantCulture, $"^Example {i + 1}: [A-Z]"), example.Title);
            Assert.NotEmpty(example.Introduction.Concat(example.Remarks));
        }
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_output_type_is_documented(string name)
    {
        IEnumerable<string> compiled = Types[name].GetCustomAttributes<OutputTypeAttribute>()
            .SelectMany(static attribute => attribute.Type)
            .Select(static type => type.Name == "System.Void" ? "None" : type.Name);
        Assert.Subset(
            Pages[name].Outputs.Select(static output => output.Name).ToHashSet(StringComparer.Ordinal),
            compiled.ToHashSet(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_internal_link_leads_to_a_page(string name)
        => Assert.All(
            Pages[name].Links.Where(static link => link.Url.Length == 0),
            static link => Assert.True(File.Exists(Repository.PathOf("docs", "en-US", link.Text + ".md")), link.Text));

    [Theory]
    [MemberData(nameof(Topics))]
    public void Each_topic_names_existing_cmdlets_and_parameters(string file)
    {
        string text = File.ReadAllText(Repository.PathOf("docs", "en-US", file));
        MatchCollection commands = Regex.Matches(
            text, @"\b[A-Z][A-Za-z]+-GitLab\w+", RegexOptions.None, TimeSpan.FromSeconds(1));
        Assert.NotEmpty(commands);
        Assert.All(commands, match => Assert.True(Pages.ContainsKey(match.Value), match.Value));
        (string? Command, string Parameter)[] parameters = [.. FindParameters(text)];
        Assert.NotEmpty(parameters);
        Assert.All(parameters, found => Assert.Contains(found.Parameter, GetParameterNames(found.Command)));
    }

    [Theory]
    [InlineData(
        "Connect-GitLab -Uri (Read-Host -Prompt x) -Token $t | Out-File -Path x",
        "Connect-GitLab -Uri,Connect-GitLab -Token")]
    [InlineData("Use -ErrorAction Stop. The Uri parameter", " -ErrorAction, -Uri")]
    [InlineData("Get-GitLabSession | % { New-GitLabAgentToken -Name x; -Agent }", "New-GitLabAgentToken -Name, -Agent")]
    [InlineData("Get-Help New-GitLabAgentToken -Examples", "")]
    [InlineData("'a' | ForEach-Object -Parallel { Get-GitLabSession -Verbose }", "Get-GitLabSession -Verbose")]
    [InlineData("PRIVATE-TOKEN and --api-mtls", "")]
    public void The_parameters_of_a_topic_are_found(string text, string expected)
        => Assert.Equal(
            expected, string.Join(',', FindParameters(text).Select(found => $"{found.Command} -{found.Parameter}")));

    // The parameters in the code and prose of a topic, with the cmdlet that they belong to where the text has one.
    // Parameters of commands of other modules are left out.
    private static IEnumerable<(string? Command, string Parameter)> FindParameters(string text)
    {
        var commands = new Stack<string?>();
        string? current = null;
        foreach (Match match in Regex.Matches(
            text,
            @"\b(?<command>[A-Z][a-z]\w*-[A-Z]\w+|pwsh)|(?<![\w-])-(?<name>[A-Z]\w+)|\b(?<name>[A-Z]\w+) parameter\b"
                + @"|(?<open>[({])|(?<close>[)}])|[|;\n]|\.\s",
            RegexOptions.ExplicitCapture,
            TimeSpan.FromSeconds(1)))
        {
            if (match.Groups["name"].Success)
            {
                if (current is null || Pages.ContainsKey(current))
                {
                    yield return (current, match.Groups["name"].Value);
                }
            }
            else if (match.Groups["open"].Success)
            {
                commands.Push(current);
                current = null;
            }
            else if (match.Groups["close"].Success)
            {
                commands.TryPop(out current);
            }
            else if (!match.Groups["command"].Success)
            {
                current = null;
            }
            else if (current != "Get-Help") // Its argument is a command too.
            {
                current = match.Groups["command"].Value;
            }
        }
    }

    // Without a command, those of any cmdlet, and those of pwsh that the topics mention.
    private static IEnumerable<string> GetParameterNames(string? command)
    {
        IEnumerable<string> names = command is null
            ? Types.Values.SelectMany(GetParameters).Select(static parameter => parameter.Name).Append("NonInteractive")
            : GetParameters(Types[command]).Select(static parameter => parameter.Name);
        return names.Concat(Cmdlet.CommonParameters);
    }

    private static IEnumerable<string> Describe(string name, ParameterAttributes attributes, string[] sets)
        => (attributes.IsInAllSets ? sets : attributes.Sets).Select(set => FormatLine(
            name,
            attributes.Type,
            attributes.Aliases,
            set,
            attributes.IsRequired,
            attributes.Position,
            attributes.AcceptsInputByValue,
            attributes.AcceptsInputByPropertyName,
            attributes.AcceptsWildcards));

    private static string FormatLine(
        string name,
        string type,
        IEnumerable<string> aliases,
        string set,
        bool isMandatory,
        int? position,
        bool byValue,
        bool byPropertyName,
        bool wildcards)
        => string.Create(
            CultureInfo.InvariantCulture,
            $"-{name} <{type}> aliases ({string.Join(", ", aliases)}), set {set}: mandatory {isMandatory}, ")
        + string.Create(
            CultureInfo.InvariantCulture,
            $"position {position?.ToString(CultureInfo.InvariantCulture) ?? "named"}, by value {byValue}, ")
        + string.Create(CultureInfo.InvariantCulture, $"by property name {byPropertyName}, wildcards {wildcards}");

    // The properties of the class, and the parameters that PowerShell adds for ShouldProcess. Like PowerShell, this
    // ignores the attributes of a property that is overridden.
    private static IEnumerable<CompiledParameter> GetParameters(Type type)
    {
        foreach (PropertyInfo property in type.GetProperties())
        {
            ParameterAttribute[] attributes = [.. property.GetCustomAttributes<ParameterAttribute>(inherit: false)];
            if (attributes.Length > 0)
            {
                yield return new CompiledParameter(
                    property.Name,
                    (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType).Name,
                    property.GetCustomAttribute<AliasAttribute>()?.AliasNames ?? [],
                    attributes,
                    property.GetCustomAttribute<SupportsWildcardsAttribute>() is not null);
            }
        }

        if (type.GetCustomAttribute<CmdletAttribute>()!.SupportsShouldProcess)
        {
            ParameterAttribute[] attributes = [new()];
            yield return new CompiledParameter("WhatIf", nameof(SwitchParameter), ["wi"], attributes, false);
            yield return new CompiledParameter("Confirm", nameof(SwitchParameter), ["cf"], attributes, false);
        }
    }

    private static string[] GetParameterSets(Type type)
    {
        string[] named =
        [
            .. type.GetProperties()
                .SelectMany(static property => property.GetCustomAttributes<ParameterAttribute>(inherit: false))
                .Select(static attribute => attribute.ParameterSetName)
                .Append(GetDefaultSet(type))
                .OfType<string>()
                .Where(static set => set != AllParameterSets)
                .Distinct(StringComparer.Ordinal),
        ];
        return named.Length == 0 ? [AllParameterSets] : named;
    }

    private static string? GetDefaultSet(Type type)
        => type.GetCustomAttribute<CmdletAttribute>()!.DefaultParameterSetName is { Length: > 0 } set
            && set != AllParameterSets ? set : null;

    private static string GetName(Type type)
    {
        CmdletAttribute cmdlet = type.GetCustomAttribute<CmdletAttribute>()!;
        return $"{cmdlet.VerbName}-{cmdlet.NounName}";
    }

    private sealed record CompiledParameter(
        string Name, string Type, IEnumerable<string> Aliases, ParameterAttribute[] Attributes, bool AcceptsWildcards)
    {
        public IEnumerable<string> Describe(string[] sets)
            => from attribute in Attributes
               from set in attribute.ParameterSetName == AllParameterSets ? sets : [attribute.ParameterSetName]
               let position = attribute.Position == int.MinValue ? (int?)null : attribute.Position
               select FormatLine(
                   Name,
                   Type,
                   Aliases,
                   set,
                   attribute.Mandatory,
                   position,
                   attribute.ValueFromPipeline,
                   attribute.ValueFromPipelineByPropertyName,
                   AcceptsWildcards);
    }
}
