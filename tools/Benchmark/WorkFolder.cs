using System;
using System.IO;

namespace GitLabAgents.Benchmark;

/// <summary>A temporary folder: scripts, baseline modules and a copy of the module, so that a build meanwhile does no harm.</summary>
internal sealed class WorkFolder : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("GitLabAgents.Benchmark.");

    public string Find(params string[] path) => Path.Combine([_root.FullName, .. path]);

    public string Write(string name, string text)
    {
        string path = Find(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public void Copy(string from, string name)
    {
        string path = Find(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Copy(from, path, overwrite: true);
    }

    /// <summary>Copies the built module, and gives the path of its manifest.</summary>
    public string CopyModule()
    {
        const string Manifest = "GitLabAgents.psd1";
        string module = Repository.Find("module");
        foreach (string file in Directory.EnumerateFiles(module, "*", SearchOption.AllDirectories))
        {
            Copy(file, Path.Combine("GitLabAgents", "module", Path.GetRelativePath(module, file)));
        }

        Copy(Repository.Find(Manifest), Path.Combine("GitLabAgents", Manifest));
        return Find("GitLabAgents", Manifest);
    }

    public void Dispose() => _root.Delete(recursive: true);
}
