using System;
using System.IO;
using GitLabAgents.Help;

bool checks = args is ["--check"];
if (!checks && args.Length > 0)
{
    Console.Error.WriteLine("Usage: dotnet run --project tools/Help [-- --check]");
    return 2;
}

try
{
    var help = new HelpFolder(HelpFolder.FindRoot(Environment.CurrentDirectory));
    if (!checks)
    {
        foreach (string file in help.Write())
        {
            Console.WriteLine($"Wrote {file}");
        }

        return 0;
    }

    string[] stale = [.. help.FindStale()];
    foreach (string file in stale)
    {
        Console.Error.WriteLine($"{file} is not what docs/en-US makes. Run: dotnet run --project tools/Help");
    }

    return stale.Length == 0 ? 0 : 1;
}
catch (Exception e) when (e is HelpException or IOException)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
