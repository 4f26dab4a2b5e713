using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text;

namespace GitLabAgents.Engine;

/// <summary>A PowerShell that runs the module: in the tests, in the demo.</summary>
public sealed class PowerShellEngine
{
    /// <summary>
    /// The environment variable that selects another engine than the pinned one: a path, or a name on <c>PATH</c>.
    /// </summary>
    public const string PathVariable = "GITLABAGENTS_PWSH";

    private static readonly string[] HiddenPrefixes = ["GITLAB_", "CI_SERVER_", "XDG_"];

    private readonly string _dotNet;

    private PowerShellEngine(string path, string dotNet)
    {
        Path = path;
        _dotNet = dotNet;
    }

    /// <summary>Gets the engine of the tool manifest, which the build restores.</summary>
    public static PowerShellEngine Pinned => At(System.IO.Path.Combine(
        PackageFolder("PowerShell", Metadata("PowerShellVersion")),
        "tools",
        "net10.0",
        "any",
        OperatingSystem.IsWindows() ? "win" : "unix",
        "pwsh.dll"));

    /// <summary>Gets the engine that <see cref="PathVariable"/> names, else the pinned one.</summary>
    public static PowerShellEngine Selected
        => Environment.GetEnvironmentVariable(PathVariable) is { Length: > 0 } path
            ? At(FindOnPath(path) ?? path)
            : Pinned;

    /// <summary>Gets the manifest of the Pester that the build restores.</summary>
    public static string PesterManifest { get; }
        = System.IO.Path.Combine(PackageFolder("Pester", Metadata("PesterVersion")), "tools", "Pester.psd1");

    /// <summary>Gets the full path of the program, or of <c>pwsh.dll</c>.</summary>
    public string Path { get; }

    /// <summary>Gets a value indicating whether this is PowerShell 7 and not Windows PowerShell.</summary>
    public bool IsCore => !System.IO.Path.GetFileNameWithoutExtension(Path)
        .Equals("powershell", StringComparison.OrdinalIgnoreCase);

    /// <summary>Returns the engine at a path.</summary>
    /// <param name="path">The path of the program, or of a <c>pwsh.dll</c>, which <c>dotnet</c> then runs.</param>
    /// <param name="dotNet">The path of that <c>dotnet</c>; by default the one that runs this process.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static PowerShellEngine At(string path, string? dotNet = null)
    {
        string full = System.IO.Path.GetFullPath(path);
        return File.Exists(full)
            ? new PowerShellEngine(full, dotNet ?? FindDotNet())
            : throw new FileNotFoundException($"There is no PowerShell at {full}.", full);
    }

    /// <summary>Returns the folder of a package that the build restored.</summary>
    /// <param name="id">The package.</param>
    /// <param name="version">Its version.</param>
    public static string PackageFolder(string id, string version)
        => System.IO.Path.Combine(Metadata("PackageRoot"), id.ToLowerInvariant(), version.ToLowerInvariant());

    /// <summary>Describes the start of this engine without a profile and without prompts.</summary>
    /// <param name="arguments">What follows <c>-NoProfile -NonInteractive</c>.</param>
    public ProcessStartInfo CreateStartInfo(params IEnumerable<string> arguments)
    {
        bool isLibrary = System.IO.Path.GetExtension(Path).Equals(".dll", StringComparison.OrdinalIgnoreCase);
        var start = new ProcessStartInfo(isLibrary ? _dotNet : Path);
        if (isLibrary)
        {
            start.ArgumentList.Add(Path);
        }

        // Windows PowerShell refuses scripts by default.
        string[] policy = IsCore ? [] : ["-ExecutionPolicy", "Bypass"];
        foreach (string argument in (IEnumerable<string>)["-NoProfile", "-NonInteractive", .. policy, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }

    /// <summary>
    /// Describes the start of this engine away from the user's files, modules and GitLab, with its streams redirected.
    /// </summary>
    /// <param name="home">An empty folder for what the engine and its children write.</param>
    /// <param name="arguments">What follows <c>-NoProfile -NonInteractive</c>.</param>
    public ProcessStartInfo CreateIsolatedStartInfo(string home, params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = CreateStartInfo(arguments);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.StandardOutputEncoding = start.StandardErrorEncoding = Encoding.UTF8;

        foreach (string name in start.Environment.Keys.Where(IsHidden).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment.Remove("PSModulePath");
        start.Environment["HOME"] = home;
        start.Environment["NO_COLOR"] = "1";
        start.Environment["POWERSHELL_TELEMETRY_OPTOUT"] = "1";
        start.Environment["POWERSHELL_UPDATECHECK"] = "Off";
        // In a new home each `dotnet` command would be the first, and create a development certificate.
        start.Environment["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        return start;
    }

    private static bool IsHidden(string variable)
        => HiddenPrefixes.Any(prefix => variable.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    private static string FindDotNet()
        => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : "dotnet";

    private static string? FindOnPath(string name)
        => name.AsSpan().IndexOfAny('/', '\\') >= 0 || File.Exists(name)
            ? null
            : (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
                .Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
                .Select(folder => System.IO.Path.Combine(folder, name))
                .FirstOrDefault(File.Exists);

    private static string Metadata(string key)
        => typeof(PowerShellEngine).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == key).Value!;
}
