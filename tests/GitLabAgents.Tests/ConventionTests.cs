using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using GitLabAgents.Commands;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks the conventions of every cmdlet by its metadata. The Pester tests check the behavior.</summary>
public sealed class ConventionTests
{
    private static readonly Assembly Module = typeof(GitLabCmdlet).Assembly;

    private static readonly string[] SessionCmdlets = ["Connect-GitLab", "Disconnect-GitLab", "Get-GitLabSession"];

    public static TheoryData<string> Cmdlets => new(Types().Select(NameOf));

    [Fact]
    public void The_manifest_exports_exactly_the_cmdlets()
    {
        string manifest = File.ReadAllText(Repository.PathOf("GitLabAgents.psd1"));
        string list =
            Regex.Match(
                manifest,
                @"CmdletsToExport\s*=\s*@\(([^)]*)\)",
                RegexOptions.ExplicitCapture,
                TimeSpan.FromSeconds(1)).Value;
        IEnumerable<string> exported = Regex.Matches(list, "'([^']+)'", RegexOptions.None, TimeSpan.FromSeconds(1))
            .Select(m => m.Groups[1].Value);
        Assert.Equal(Types().Select(NameOf).Order(StringComparer.Ordinal), exported.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void The_verb_is_approved_and_the_noun_begins_with_GitLab(string name)
    {
        IEnumerable<string> approved = new[]
        {
            typeof(VerbsCommon),
            typeof(VerbsCommunications),
            typeof(VerbsSecurity),
            typeof(VerbsData),
            typeof(VerbsLifecycle),
            typeof(VerbsDiagnostic),
            typeof(VerbsOther),
        }
            .SelectMany(verbs => verbs.GetFields())
            .Select(field => (string)field.GetValue(null)!);
        string[] parts = name.Split('-');
        Assert.Contains(parts[0], approved);
        Assert.StartsWith("GitLab", parts[1], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_cmdlet_has_its_own_file_and_an_output_type(string name)
    {
        Type type = TypeOf(name);
        Assert.True(File.Exists(Repository.PathOf("src", "GitLabAgents", "Commands", type.Name + ".cs")), type.Name);
        Assert.NotNull(Find(type, nameof(OutputTypeAttribute)));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_cmdlet_that_changes_something_supports_ShouldProcess(string name)
    {
        string verb = name.Split('-')[0];
        bool changes = verb is "New" or "Remove" or "Revoke" or "Set" or "Invoke" or "Export";
        CustomAttributeData cmdlet = Find(TypeOf(name), nameof(CmdletAttribute))!;
        Assert.Equal(changes, Named(cmdlet, "SupportsShouldProcess") is true);
        Assert.Equal(verb is "Remove" or "Revoke", Named(cmdlet, "ConfirmImpact") is (int)ConfirmImpact.High);
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void No_parameter_that_binds_by_property_name_is_called_Id(string name)
    {
        foreach (PropertyInfo parameter in Parameters(TypeOf(name)))
        {
            bool byName = All(parameter, nameof(ParameterAttribute))
                .Any(a => Named(a, "ValueFromPipelineByPropertyName") is true);
            if (byName)
            {
                Assert.DoesNotContain(
                    "Id", Aliases(parameter).Append(parameter.Name), StringComparer.OrdinalIgnoreCase);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_cmdlet_except_those_for_sessions_has_Session(string name)
    {
        PropertyInfo? session = Parameters(TypeOf(name)).SingleOrDefault(p => p.Name == "Session");
        if (SessionCmdlets.Contains(name))
        {
            Assert.True(session is null || name == "Disconnect-GitLab");
        }
        else
        {
            Assert.Equal(typeof(GitLabSession), session!.PropertyType);
            Assert.True(
                All(session, nameof(ParameterAttribute)).All(a => Named(a, "ValueFromPipelineByPropertyName") is true));
        }
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Secrets_are_secure_strings(string name)
    {
        foreach (PropertyInfo parameter in Parameters(TypeOf(name))
            .Where(p => p.Name is "Token" or "ClientKey" or "Password" or "Secret"))
        {
            Assert.Equal(typeof(System.Security.SecureString), parameter.PropertyType);
            Assert.NotNull(Find(parameter, nameof(SecretOnlyAttribute)));
        }
    }

    [Theory]
    [InlineData("New-GitLabAgentToken")]
    [InlineData("Invoke-GitLabAgentTokenRotation")]
    public void The_name_of_a_new_token_never_binds_from_the_pipeline(string name)
    {
        PropertyInfo token = Parameters(TypeOf(name)).Single(p => p.Name == "Name");
        Assert.DoesNotContain(
            All(token, nameof(ParameterAttribute)),
            a => Named(a, "ValueFromPipelineByPropertyName") is true || Named(a, "ValueFromPipeline") is true);
    }

    [Fact]
    public void No_token_binds_to_the_agent_to_remove()
        => Assert.Empty(Aliases(Parameters(TypeOf("Remove-GitLabClusterAgent")).Single(p => p.Name == "Agent")));

    [Theory]
    [InlineData("Project", "ProjectId")]
    [InlineData("Agent", "AgentId")]
    public void References_have_the_aliases_of_IDs(string parameter, string alias)
    {
        foreach (Type type in Types())
        {
            bool exempt = parameter == "Agent" && NameOf(type) == "Remove-GitLabClusterAgent";
            if (!exempt && Parameters(type).SingleOrDefault(p => p.Name == parameter) is { } found)
            {
                Assert.Contains(alias, Aliases(found));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_cmdlet_and_each_parameter_is_documented(string name)
    {
        Type type = TypeOf(name);
        Dictionary<string, string> docs = Docs(Module);
        Assert.NotEmpty(docs[$"T:{type.FullName}"]);
        foreach (PropertyInfo parameter in Parameters(type))
        {
            Assert.NotEmpty(docs[$"P:{parameter.DeclaringType!.FullName}.{parameter.Name}"]);
        }
    }

    [Fact]
    public void Every_operation_of_the_client_links_to_its_documentation()
    {
        string[] composed = [nameof(GitLabClient.FindAgentAsync), nameof(GitLabClient.GetTokenDetailsAsync)];
        Dictionary<string, string> docs = Docs(typeof(GitLabClient).Assembly);
        IEnumerable<MethodInfo> operations = typeof(GitLabClient)
            .GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Where(m => m.Name.EndsWith("Async", StringComparison.Ordinal) && !composed.Contains(m.Name));
        foreach (MethodInfo operation in operations)
        {
            // Overloads that are not public have documentation too.
            string prefix = $"M:{typeof(GitLabClient).FullName}.{operation.Name}(";
            Assert.Contains(
                docs,
                d => d.Key.StartsWith(prefix, StringComparison.Ordinal)
                    && d.Value.Contains("https://docs.gitlab.com/api/", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Every_kind_of_error_has_a_category()
    {
        MethodInfo getCategory =
            typeof(ErrorRecordFactory).GetMethod("GetCategory", BindingFlags.NonPublic | BindingFlags.Static)!;
        foreach (GitLabErrorKind kind in Enum.GetValues<GitLabErrorKind>())
        {
            Assert.NotEqual(ErrorCategory.NotSpecified, getCategory.Invoke(null, [kind]));
        }
    }

    [Fact]
    public void Source_files_are_short()
    {
        foreach (string file in SourceFiles())
        {
            int length = File.ReadLines(file).Count();
            Assert.True(length <= 300, $"{file} has {length} lines.");
        }
    }

    [Fact]
    public void Lines_have_at_most_120_columns()
    {
        IEnumerable<string> files = SourceFiles()
            .Concat(Files("*.cs", "tests"))
            .Concat(Files("*.cs", "tools"))
            .Concat(Files("*.ps1", "tests", "Pester"))
            .Concat(Files("*.psm1", "tests", "Pester"))
            .Concat(Files("*.ps1", "examples"));
        Assert.Empty(
            from file in files
            from line in File.ReadLines(file).Index()
            where line.Item.Length > 120
            select $"{file}({line.Index + 1}) is longer than 120 columns.");
    }

    [Fact]
    public void Source_files_use_standard_English()
    {
        var phrase = new Regex(
            @"\b(given up|anew|singly|go on with|of old|tells of|(?<!\bthere )is no (?!longer\b))",
            RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase,
            TimeSpan.FromSeconds(1));
        foreach (string file in SourceFiles())
        {
            int index = Array.FindIndex(File.ReadAllLines(file), phrase.IsMatch);
            Assert.True(index < 0, $"{file}({index + 1}) has a phrase that is not standard English.");
        }
    }

    private static IEnumerable<string> SourceFiles() => Files("*.cs", "src");

    private static IEnumerable<string> Files(string pattern, params string[] folder)
        => Directory.EnumerateFiles(Repository.PathOf(folder), pattern, SearchOption.AllDirectories)
            .Where(static file => !file.Split(Path.DirectorySeparatorChar).Intersect(["obj", "bin"]).Any());

    private static List<Type> Types()
        => [.. Module.GetExportedTypes().Where(t => Find(t, nameof(CmdletAttribute)) is not null)];

    private static Type TypeOf(string name) => Types().Single(t => NameOf(t) == name);

    private static string NameOf(Type type)
    {
        CustomAttributeData cmdlet = Find(type, nameof(CmdletAttribute))!;
        return $"{cmdlet.ConstructorArguments[0].Value}-{cmdlet.ConstructorArguments[1].Value}";
    }

    private static IEnumerable<PropertyInfo> Parameters(Type type)
        => type.GetProperties().Where(p => Find(p, nameof(ParameterAttribute)) is not null);

    private static IEnumerable<string> Aliases(PropertyInfo parameter)
        => All(parameter, nameof(AliasAttribute))
            .SelectMany(a => (IReadOnlyCollection<CustomAttributeTypedArgument>)a.ConstructorArguments[0].Value!)
            .Select(a => (string)a.Value!);

    private static CustomAttributeData? Find(MemberInfo member, string attribute)
        => All(member, attribute).FirstOrDefault();

    private static IEnumerable<CustomAttributeData> All(MemberInfo member, string attribute)
        => member.GetCustomAttributesData().Where(a => a.AttributeType.Name == attribute);

    private static object? Named(CustomAttributeData attribute, string name)
        => attribute.NamedArguments.FirstOrDefault(a => a.MemberName == name).TypedValue.Value;

    private static Dictionary<string, string> Docs(Assembly assembly)
        => XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml"))
            .Descendants("member")
            .ToDictionary(m => m.Attribute("name")!.Value, m => m.ToString().Trim());
}
