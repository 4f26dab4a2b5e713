using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace GitLabAgents.Benchmark.Panels;

/// <summary>(a) How long Import-Module takes in a fresh process.</summary>
internal static class ImportPanels
{
    private const string Format = "GitLabAgents.Format.ps1xml";
    private const string Types = "GitLabAgents.Types.ps1xml";

    public static IEnumerable<Panel> Make(Bench bench)
    {
        if (bench.Shell is not { } shell)
        {
            yield break;
        }

        Row Import(string id, string label, string manifest)
            => new(id, label, shell.Prepare(string.Empty, $"Import-Module '{manifest}'", bare: true));

        yield return new Panel("a", "import", "Importing the module", 0, Unit.Time,
        [
            Import("module", "GitLabAgents", shell.Module),
            Import("empty", "Empty binary module", MakeEmpty(bench.Work, "Empty", views: false)),
            Import("views", "Empty binary module with this module's format and types files", MakeEmpty(bench.Work, "EmptyWithViews", views: true)),
            Import("script", "Script module with the same surface", MakeScript(bench.Work, shell)),
        ]);
    }

    private static string MakeEmpty(WorkFolder work, string name, bool views)
    {
        work.Copy(Repository.FindBuilt("tools/Benchmark/Baselines/Empty", "netstandard2.0", "Empty"), Path.Combine(name, "bin", name + ".dll"));
        if (views)
        {
            work.Copy(Repository.Find("module", Format), Path.Combine(name, Format));
            work.Copy(Repository.Find("module", Types), Path.Combine(name, Types));
        }

        return work.Write(
            Path.Combine(name, name + ".psd1"),
            $$"""
            @{
                RootModule        = 'bin/{{name}}.dll'
                ModuleVersion     = '1.0.0'
                PowerShellVersion = '5.1'
                CmdletsToExport   = @('Get-Nothing')
                FunctionsToExport = @()
                VariablesToExport = @()
                AliasesToExport   = @()
                {{(views ? $"FormatsToProcess = @('{Format}'); TypesToProcess = @('{Types}')" : string.Empty)}}
            }
            """);
    }

    // The cmdlets' parameters, each around a body of the size that PowerShell itself writes for a proxy; types of the
    // module's own are taken for [object].
    private static string MakeScript(WorkFolder work, PowerShell shell)
    {
        const string Name = "SameSurface";
        string functions = shell.Evaluate(
            $$"""
            Import-Module '{{shell.Module}}'; foreach ($command in Get-Command -Module GitLabAgents) { "function $($command.Name) {"; [System.Management.Automation.ProxyCommand]::Create($command) -replace '\[GitLabAgents\.[\w.]+', '[object'; '}' }
            """);
        work.Write(Path.Combine(Name, Name + ".psm1"), functions);
        IEnumerable<string> names = functions.Split('\n').Where(static line => line.StartsWith("function ", System.StringComparison.Ordinal)).Select(static line => $"'{line.Split(' ')[1]}'");
        return work.Write(
            Path.Combine(Name, Name + ".psd1"),
            $$"""
            @{
                RootModule        = '{{Name}}.psm1'
                ModuleVersion     = '1.0.0'
                PowerShellVersion = '5.1'
                CmdletsToExport   = @()
                FunctionsToExport = @({{string.Join(", ", names)}})
                VariablesToExport = @()
                AliasesToExport   = @()
            }
            """);
    }
}
