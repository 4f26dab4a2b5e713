using System;
using System.IO;

namespace GitLabAgents.Benchmark;

/// <summary>
/// A temporary folder for scripts, baseline modules and a copy of the module, so that a build does not change what is
/// being measured.
/// </summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("GitLabAgents.Benchmark.");

    public string PathOf(params string[] parts) => Path.Combine([_root.FullName, .. parts]);

    public string CreateFolder(string name) => Directory.CreateDirectory(PathOf(name)).FullName;

    public string Write(string name, string text)
    {
        string path = CreateParent(name);
        File.WriteAllText(path, text);
        return path;
    }

    public void Copy(string source, string name) => File.Copy(source, CreateParent(name), overwrite: true);

    /// <summary>Copies the built module.</summary>
    /// <returns>The path of the copied manifest.</returns>
    public string CopyModule()
    {
        const string Manifest = "GitLabAgents.psd1";
        string module = Repository.PathOf("module");
        foreach (string file in Directory.EnumerateFiles(module, "*", SearchOption.AllDirectories))
        {
            Copy(file, Path.Combine("GitLabAgents", "module", Path.GetRelativePath(module, file)));
        }

        Copy(Repository.PathOf(Manifest), Path.Combine("GitLabAgents", Manifest));
        return PathOf("GitLabAgents", Manifest);
    }

    public void Dispose() => _root.Delete(recursive: true);

    private string CreateParent(string name)
    {
        string path = PathOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }
}
