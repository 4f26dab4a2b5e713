using System;
using System.IO;
using System.Management.Automation;
using System.Reflection;
using System.Threading;

namespace GitLabAgents;

/// <summary>
/// Loads the module's dependencies on demand from <c>dependencies/</c> next to this assembly. On PowerShell 7 they are
/// loaded into a separate load context (GitLabAgents.Loader), so that they do not conflict with other modules' versions
/// of the same libraries. On Windows PowerShell 5.1 they are loaded into the default context.
/// </summary>
/// <remarks>The state is static because PowerShell creates an instance for each import and each removal.</remarks>
public sealed class DependencyResolver : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    private static readonly string ModuleDirectory =
        Path.GetDirectoryName(typeof(DependencyResolver).Assembly.Location) ?? string.Empty;

    private static readonly Lazy<Func<AssemblyName, Assembly?>> Resolver = new(CreateResolver);

    private static int s_imports;

    /// <summary>Starts resolving the module's dependencies.</summary>
    public void OnImport()
    {
        if (Interlocked.Increment(ref s_imports) == 1)
        {
            AppDomain.CurrentDomain.AssemblyResolve += Resolve;
        }

        // Scripts refer to types of the client, such as [GitLabAgents.GitLabApiException], and PowerShell finds types
        // of loaded assemblies only. The client is small, and its dependencies are not loaded yet.
        GC.KeepAlive(typeof(GitLabApiException));
    }

    /// <summary>Stops resolving dependencies, and clears the runspace's session.</summary>
    /// <param name="psModuleInfo">The module to remove.</param>
    public void OnRemove(PSModuleInfo psModuleInfo)
    {
        CurrentSession.Set(null);
        if (Interlocked.Decrement(ref s_imports) == 0)
        {
            AppDomain.CurrentDomain.AssemblyResolve -= Resolve;
        }
    }

    private static Assembly? Resolve(object? sender, ResolveEventArgs args)
        => IsOurs(args.RequestingAssembly) ? Resolver.Value(new AssemblyName(args.Name)) : null;

    private static bool IsOurs(Assembly? requesting)
        => requesting is { IsDynamic: false }
            && requesting.Location.StartsWith(ModuleDirectory, StringComparison.OrdinalIgnoreCase);

    private static Func<AssemblyName, Assembly?> CreateResolver()
    {
        string dependencies = Path.Combine(ModuleDirectory, "dependencies");
        if (Environment.Version.Major >= 5)
        {
            // By reflection, because this assembly also runs on .NET Framework and cannot refer to one for .NET 8.
            MethodInfo create = Assembly.LoadFrom(Path.Combine(ModuleDirectory, "GitLabAgents.Loader.dll"))
                .GetType("GitLabAgents.Loader.DependencyContext", throwOnError: true)!
                .GetMethod("Create")!;
            return (Func<AssemblyName, Assembly?>)create.Invoke(null, [dependencies])!;
        }

        return name =>
        {
            string path = Path.Combine(dependencies, name.Name + ".dll");
            return File.Exists(path) ? Assembly.LoadFrom(path) : null;
        };
    }
}
