using System;
using System.IO;

namespace GitLabAgents.Packaging;

/// <summary>Makes the module's folder and its nupkg, as published: <c>dotnet run --configuration Release --project tools/Package</c>.</summary>
internal static class Program
{
    private const string Usage = "Usage: dotnet run --configuration Release --project tools/Package -- [--output artifacts] [--configuration Release|Debug|any]";

    private static int Main(string[] arguments)
    {
        string output = "artifacts";
        string configuration = "Release";
        for (int i = 0; i < arguments.Length; i += 2)
        {
            switch (arguments[i])
            {
                case "--output" when i + 1 < arguments.Length:
                    output = arguments[i + 1];
                    break;
                case "--configuration" when i + 1 < arguments.Length:
                    configuration = arguments[i + 1];
                    break;
                default:
                    Console.Error.WriteLine(Usage);
                    return 2;
            }
        }

        try
        {
            MadePackage made = Packager.Pack(FindRoot(), Path.GetFullPath(output), configuration == "any" ? null : configuration);
            Console.WriteLine($"{made.Folder}{Environment.NewLine}{made.Nupkg}{Environment.NewLine}SHA-256 {made.Hash}");
            return 0;
        }
        catch (PackageException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, Packager.Manifest)))
            {
                return directory.FullName;
            }
        }

        throw new PackageException($"{Packager.Manifest} is in no folder above {AppContext.BaseDirectory}.");
    }
}
