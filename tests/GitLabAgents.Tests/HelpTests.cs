using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Reflection;
using System.Text.RegularExpressions;
using GitLabAgents.Commands;
using GitLabAgents.Help;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>The help says what the compiled cmdlets are, and is made of the pages.</summary>
public sealed class HelpTests
{
    private const string AllSets = "__AllParameterSets";

    private static readonly HelpFolder Folder = new(Repository.Root);
    private static readonly Dictionary<string, CommandPage> Pages = Folder.ReadCommands().ToDictionary(p => p.Name, StringComparer.Ordinal);
    private static readonly Dictionary<string, Type> Types = typeof(GitLabCmdlet).Assembly.GetExportedTypes()
        .Where(t => Find(t, nameof(CmdletAttribute)) is not null)
        .ToDictionary(NameOf, StringComparer.Ordinal);

    public static TheoryData<string> Cmdlets => new(Types.Keys);

    [Fact]
    public void Help_files_are_what_the_pages_make() => Assert.Empty(Folder.FindStale());

    [Fact]
    public void Each_exported_cmdlet_has_a_page_and_no_page_is_left_over()
    {
        string manifest = File.ReadAllText(Repository.PathOf("GitLabAgents.psd1"));
        string list = Regex.Match(manifest, @"CmdletsToExport\s*=\s*@\(([^)]*)\)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Value;
        IEnumerable<string> exported = Regex.Matches(list, "'(?<name>[^']+)'", RegexOptions.None, TimeSpan.FromSeconds(1)).Select(m => m.Groups["name"].Value);
        Assert.Equal(exported.Order(StringComparer.Ordinal), Pages.Keys.Order(StringComparer.Ordinal));
        Assert.All(Pages.Values, page => Assert.Equal(page.Name + ".md", page.File));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_parameter_is_what_its_page_says(string name)
    {
        CommandPage page = Pages[name];
        string[] sets = SetsOf(Types[name]);
        var compiled = Compiled(Types[name]).SelectMany(p => p.Describe(sets)).Order(StringComparer.Ordinal);
        var written = page.Parameters.SelectMany(p => p.Facts.SelectMany(f => Describe(p.Name, f, sets))).Order(StringComparer.Ordinal);
        Assert.Equal(compiled, written);
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_syntax_is_what_the_parameters_make(string name)
    {
        CommandPage page = Pages[name];
        string[] sets = SetsOf(Types[name]);
        Assert.Equal(sets.Order(StringComparer.Ordinal), page.Syntax.Select(s => s.Set).Order(StringComparer.Ordinal));
        Assert.Equal(DefaultSetOf(Types[name]) ?? (sets is [AllSets] ? AllSets : null), page.Syntax.SingleOrDefault(s => s.IsDefault)?.Set);
        Assert.All(page.Syntax, s => Assert.Equal(page.ComposeSyntax(s.Set), s.Text));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_page_has_what_a_reader_looks_for(string name)
    {
        CommandPage page = Pages[name];
        Assert.NotEmpty(page.Synopsis);
        Assert.NotEmpty(page.Description);
        Assert.NotEmpty(page.Inputs);
        Assert.NotEmpty(page.Outputs);
        Assert.True(page.Examples.Count >= 2, "Two examples or more.");
        Assert.Contains(page.Examples, e => e.Code.Contains('|', StringComparison.Ordinal) || page.Parameters.Count == 0);
        Assert.Equal(Enumerable.Range(1, page.Examples.Count).Select(n => $"Example {n.ToString(CultureInfo.InvariantCulture)}"), page.Examples.Select(e => e.Title.Split(':')[0]));
        Assert.Contains(page.Notes, text => text.Contains("role", StringComparison.OrdinalIgnoreCase));
        Assert.Contains(page.Notes, text => text.Contains("scope", StringComparison.OrdinalIgnoreCase));
        Assert.Equal("GitLabAgents.dll-Help.xml", page.FrontMatter["external help file"]);
        Assert.Equal("GitLabAgents", page.FrontMatter["Module Name"]);
        Assert.Equal("2.0.0", page.FrontMatter["schema"]);
        Assert.True(Uri.TryCreate(page.OnlineVersion, UriKind.Absolute, out Uri? online) && online.Scheme == Uri.UriSchemeHttps, page.OnlineVersion);
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_output_type_is_named(string name)
    {
        var types = (IEnumerable<CustomAttributeTypedArgument>)Find(Types[name], nameof(OutputTypeAttribute))!.ConstructorArguments[0].Value!;
        IEnumerable<string> compiled = types.Select(t => ((Type)t.Value!).FullName!).Select(type => type == "System.Void" ? "None" : type);
        Assert.Subset(Pages[name].Outputs.Select(o => o.Name).ToHashSet(StringComparer.Ordinal), compiled.ToHashSet(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_link_within_leads_to_a_page(string name)
        => Assert.All(
            Pages[name].Links.Where(l => l.Url.Length == 0),
            link => Assert.True(File.Exists(Repository.PathOf("docs", "en-US", link.Text + ".md")), link.Text));

    private static IEnumerable<string> Describe(string name, ParameterFacts facts, string[] sets)
        => (facts.IsInAllSets ? sets : facts.Sets).Select(set => Line(
            name, facts.Type, facts.Aliases, set, facts.IsRequired, facts.Position, facts.TakesValue, facts.TakesProperty, facts.AcceptsWildcards));

    private static string Line(string name, string type, IEnumerable<string> aliases, string set, bool mandatory, int? position, bool byValue, bool byName, bool wildcards)
        => string.Create(
            CultureInfo.InvariantCulture,
            $"-{name} <{type}> aliases ({string.Join(", ", aliases)}) set {set}: mandatory {mandatory}, position {position?.ToString(CultureInfo.InvariantCulture) ?? "named"}, by value {byValue}, by name {byName}, wildcards {wildcards}");

    // The parameters of the class, and those that PowerShell adds to what supports ShouldProcess.
    private static IEnumerable<CompiledParameter> Compiled(Type type)
    {
        foreach (PropertyInfo property in type.GetProperties())
        {
            CustomAttributeData[] parameters = [.. All(property, nameof(ParameterAttribute))];
            if (parameters.Length > 0)
            {
                yield return new CompiledParameter(
                    property.Name,
                    (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType).Name,
                    [.. All(property, nameof(AliasAttribute)).SelectMany(a => (IEnumerable<CustomAttributeTypedArgument>)a.ConstructorArguments[0].Value!).Select(a => (string)a.Value!)],
                    parameters,
                    Find(property, nameof(SupportsWildcardsAttribute)) is not null);
            }
        }

        if (Named(Find(type, nameof(CmdletAttribute))!, "SupportsShouldProcess") is true)
        {
            yield return new CompiledParameter("WhatIf", nameof(SwitchParameter), ["wi"], [], Wildcards: false);
            yield return new CompiledParameter("Confirm", nameof(SwitchParameter), ["cf"], [], Wildcards: false);
        }
    }

    private static string[] SetsOf(Type type)
    {
        string[] named = [.. type.GetProperties()
            .SelectMany(p => All(p, nameof(ParameterAttribute)))
            .Select(a => (string?)Named(a, "ParameterSetName"))
            .Append(DefaultSetOf(type))
            .OfType<string>()
            .Distinct(StringComparer.Ordinal)];
        return named.Length == 0 ? [AllSets] : named;
    }

    private static string? DefaultSetOf(Type type) => (string?)Named(Find(type, nameof(CmdletAttribute))!, "DefaultParameterSetName");

    private static string NameOf(Type type)
    {
        IList<CustomAttributeTypedArgument> name = Find(type, nameof(CmdletAttribute))!.ConstructorArguments;
        return $"{name[0].Value}-{name[1].Value}";
    }

    private static CustomAttributeData? Find(MemberInfo member, string attribute) => All(member, attribute).FirstOrDefault();

    private static IEnumerable<CustomAttributeData> All(MemberInfo member, string attribute)
        => member.GetCustomAttributesData().Where(a => a.AttributeType.Name == attribute);

    private static object? Named(CustomAttributeData attribute, string name)
        => attribute.NamedArguments.FirstOrDefault(a => a.MemberName == name).TypedValue.Value;

    private sealed record CompiledParameter(string Name, string Type, string[] Aliases, CustomAttributeData[] Attributes, bool Wildcards)
    {
        public IEnumerable<string> Describe(string[] sets)
            => Attributes.Length == 0
                ? sets.Select(set => Line(Name, Type, Aliases, set, mandatory: false, position: null, byValue: false, byName: false, Wildcards))
                : from attribute in Attributes
                  from set in Named(attribute, "ParameterSetName") is string set ? [set] : sets
                  select Line(
                      Name,
                      Type,
                      Aliases,
                      set,
                      Named(attribute, "Mandatory") is true,
                      (int?)Named(attribute, "Position"),
                      Named(attribute, "ValueFromPipeline") is true,
                      Named(attribute, "ValueFromPipelineByPropertyName") is true,
                      Wildcards);
    }
}
