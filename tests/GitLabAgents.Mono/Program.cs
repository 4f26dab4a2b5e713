using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Threading.Tasks;

namespace GitLabAgents.Mono;

/// <summary>
/// Loads the module as Windows PowerShell does, runs every check, and writes a line for each: <c>PASS name</c> or
/// <c>FAIL name: reason</c>. MonoTests.cs starts it and reads the lines.
/// </summary>
internal static class Program
{
    // What PowerShell loads (GitLabAgents, and GitLabAgents.Client beside it), and what this program itself refers to.
    private static readonly string[] ReferencedHere =
    [
        "GitLabAgents", "GitLabAgents.Client", "GitLabAgents.Transport", "Microsoft.Bcl.AsyncInterfaces",
        "System.Threading.Tasks.Extensions",
    ];

    private static string s_bin = string.Empty;

    private static async Task<int> Main(string[] args)
    {
        s_bin = Path.GetFullPath(args[0]);
        AppDomain.CurrentDomain.AssemblyResolve += Resolve;
        ImportModule();
        int failed = 0;
        foreach ((string name, Func<Task> check) in CreateChecks([.. args.Skip(1)]))
        {
            try
            {
                await check();
                Console.WriteLine("PASS " + name);
            }
            catch (Exception e)
            {
                failed++;
                Console.WriteLine($"FAIL {name}: {e.ToString().Replace(Environment.NewLine, " | ")}");
            }
        }

        Console.WriteLine("DONE");
        Console.Out.Flush();
        return failed == 0 ? 0 : 1;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ImportModule() => new DependencyResolver().OnImport();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static IEnumerable<(string Name, Func<Task> Check)> CreateChecks(string[] servers)
        => [.. new ApiChecks(servers[0]).All(), .. new TlsChecks(servers).All(), .. new AssemblyChecks(s_bin).All()];

    // Only for what this program asks for. What the module asks for is left to the module's own resolver.
    private static Assembly? Resolve(object sender, ResolveEventArgs args)
    {
        string name = new AssemblyName(args.Name).Name;
        if (args.RequestingAssembly != typeof(Program).Assembly || !ReferencedHere.Contains(name))
        {
            return null;
        }

        string path = Path.Combine(s_bin, name + ".dll");
        return Assembly.LoadFrom(File.Exists(path) ? path : Path.Combine(s_bin, "dependencies", name + ".dll"));
    }
}
