using System;
using System.IO;
using System.Linq;
using GitLabAgents.Build.Help;
using GitLabAgents.Build.Packaging;

namespace GitLabAgents.Build;

/// <summary>Runs one of the verbs <c>help</c> and <c>package</c>.</summary>
internal static class Program
{
    private const string Usage = """
        Usage: dotnet run --project tools/Build -- help
               dotnet run --project tools/Build --configuration Release -- package [OPTIONS]

        help       Write en-US/ from docs/en-US/. The build does this too.
        package    Write the module's folder and its .nupkg.
                   --output FOLDER              Where to write them (default: artifacts).
                   --configuration NAME|any     The configuration that module/bin must have (default: Release).
        """;

    private static int Main(string[] arguments)
    {
        try
        {
            switch (arguments)
            {
                case ["help"]:
                    WriteHelp();
                    return 0;
                case ["package", .. string[] options] when TryParse(options, out string output, out string? build):
                    WritePackage(output, build);
                    return 0;
                default:
                    Console.Error.WriteLine(Usage);
                    return 2;
            }
        }
        catch (Exception e) when (e is BuildException or IOException)
        {
            Console.Error.WriteLine($"error: {e.Message}");
            return 1;
        }
    }

    private static void WriteHelp()
    {
        foreach (string file in new HelpFolder(Repository.Root).Write())
        {
            Console.WriteLine($"Wrote {file}");
        }
    }

    private static void WritePackage(string output, string? configuration)
    {
        ModulePackage package = Packager.Pack(Repository.Root, Path.GetFullPath(output), configuration);
        Console.WriteLine(package.Folder);
        Console.WriteLine(package.Nupkg);
        Console.WriteLine($"SHA-256 {package.Hash}");
    }

    private static bool TryParse(string[] options, out string output, out string? configuration)
    {
        output = "artifacts";
        configuration = "Release";
        foreach (string[] option in options.Chunk(2))
        {
            switch (option)
            {
                case ["--output", { Length: > 0 } folder]:
                    output = folder;
                    break;
                case ["--configuration", { Length: > 0 } name]:
                    configuration = name == "any" ? null : name;
                    break;
                default:
                    return false;
            }
        }

        return true;
    }
}
