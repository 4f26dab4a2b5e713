using System;
using System.IO;
using System.Management.Automation;
using System.Reflection;
using System.Threading;

namespace GitLabAgents;

/// <summary>
/// Finds what this module depends on, when it is first needed, in <c>dependencies/</c> beside this assembly. On
/// PowerShell 7 it goes to a load context of its own (GitLabAgents.Loader), so that other modules' versions of the same
/// libraries neither disturb nor are disturbed; on Windows PowerShell 5.1 it is loaded as it is.
/// </summary>
/// <remarks>PowerShell makes an instance for each import and each removal, hence the statics.</remarks>
public sealed class DependencyResolver : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    private static readonly string ModuleDirectory = Path.GetDirectoryName(typeof(DependencyResolver).Assembly.Location) ?? string.Empty;
    private static readonly Lazy<Func<AssemblyName, Assembly?>> Resolver = new(CreateResolver);

    private static int s_imports;

    /// <summary>Begins to answer for the module's dependencies.</summary>
    public void OnImport()
    {
        if (Interlocked.Increment(ref s_imports) == 1)
        {
            AppDomain.CurrentDomain.AssemblyResolve += Resolve;
        }

        // Scripts name the client's types, [GitLabAgents.GitLabApiException] above all, and PowerShell finds those of
        // loaded assemblies only. The client is ours and small; what it depends on stays unloaded.
        GC.KeepAlive(typeof(GitLabApiException));
    }

    /// <summary>Stops answering, and forgets the sessions of the runspace.</summary>
    /// <param name="psModuleInfo">The module that is removed.</param>
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
        => requesting is { IsDynamic: false } && requesting.Location.StartsWith(ModuleDirectory, StringComparison.OrdinalIgnoreCase);

    private static Func<AssemblyName, Assembly?> CreateResolver()
    {
        string dependencies = Path.Combine(ModuleDirectory, "dependencies");
        if (Environment.Version.Major >= 5)
        {
            // .NET: reached by reflection, because an assembly for .NET Framework too cannot refer to one for .NET 8.
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
