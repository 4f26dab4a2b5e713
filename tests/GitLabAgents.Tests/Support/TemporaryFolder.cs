using System;
using System.IO;

namespace GitLabAgents.Tests;

/// <summary>An empty folder that is deleted when it is disposed.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("GitLabAgents-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
