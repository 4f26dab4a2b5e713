using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace GitLabAgents.Benchmark.Panels;

/// <summary>(a) The duration of Import-Module in a new process.</summary>
internal static class ImportPanels
{
    private const string Format = "GitLabAgents.Format.ps1xml";
    private const string Types = "GitLabAgents.Types.ps1xml";

    public static IEnumerable<Panel> Create(BenchmarkContext context)
    {
        PowerShell shell = context.Shell;
        string empty = CreateEmptyModule(context, "Empty", withViews: false);
        string views = CreateEmptyModule(context, "EmptyWithViews", withViews: true);
        yield return new Panel("a", "import", "Importing the module", 0, Unit.Time,
        [
            Import("module", "GitLabAgents", shell.ModuleManifest),
            Import("empty", "Empty binary module", empty),
            Import("views", "Empty binary module with this module's format and types files", views),
            Import("script", "Script module with the same cmdlets", CreateScriptModule(context, shell)),
        ]);

        Row Import(string id, string label, string manifest)
            => new(id, label, shell.Prepare(string.Empty, $"Import-Module '{manifest}'", importUtility: false));
    }

    // The smallest binary module: one cmdlet that does nothing.
    private static string CreateEmptyModule(BenchmarkContext context, string name, bool withViews)
    {
        string manifest = context.Folder.Write(
            Path.Combine(name, name + ".psd1"),
            $$"""
            @{
                RootModule        = '{{name}}.dll'
                ModuleVersion     = '1.0.0'
                PowerShellVersion = '5.1'
                CmdletsToExport   = @('Get-Nothing')
                FunctionsToExport = @()
                VariablesToExport = @()
                AliasesToExport   = @()
                {{(withViews ? $"FormatsToProcess = @('{Format}'); TypesToProcess = @('{Types}')" : string.Empty)}}
            }
            """);
        if (withViews)
        {
            context.Folder.Copy(Repository.PathOf("module", Format), Path.Combine(name, Format));
            context.Folder.Copy(Repository.PathOf("module", Types), Path.Combine(name, Types));
        }

        // The types file names the class that its views call.
        const string Source = """
            using System.Management.Automation;
            [Cmdlet(VerbsCommon.Get, "Nothing")] public sealed class GetNothingCommand : PSCmdlet { }
            namespace GitLabAgents { public static class ViewFactory {
                public static object GetView(PSObject instance) { return null; } } }
            """;
        string script = context.Folder.Write(
            name + ".ps1",
            $"Add-Type -TypeDefinition '{Source}' -OutputAssembly '{Path.ChangeExtension(manifest, ".dll")}'");
        context.Shell.Evaluate($"& '{script}'");
        return manifest;
    }

    // Each function has the parameters of a cmdlet and a body of the size that PowerShell writes for a proxy command.
    // The module's own types become [object].
    private static string CreateScriptModule(BenchmarkContext context, PowerShell shell)
    {
        const string Name = "SameCmdlets";
        string functions = shell.Evaluate(
            $$"""
            Import-Module '{{shell.ModuleManifest}}'
            $proxy = [System.Management.Automation.ProxyCommand]
            $commands = Get-Command -Module GitLabAgents
            $body = { $proxy::Create($_) -replace '\[GitLabAgents\.[\w.]+', '[object' }
            $commands | ForEach-Object { "function $($_.Name) {"; & $body; '}' }
            """);
        context.Folder.Write(Path.Combine(Name, Name + ".psm1"), functions);
        IEnumerable<string> names = functions.Split('\n')
            .Where(static line => line.StartsWith("function ", StringComparison.Ordinal))
            .Select(static line => $"'{line.Split(' ')[1]}'");
        return context.Folder.Write(
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
