using System;
using System.IO;
using GitLabAgents.FaultMatrix;
using GitLabAgents.Tests;

// Writes docs/fault-matrix.md from a run of the matrix; or, given a path, that file.
string path = args.Length > 0 ? args[0] : Repository.PathOf("docs", "fault-matrix.md");
string page = MatrixDocument.Write(await MatrixRun.AllAsync());
Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
await File.WriteAllTextAsync(path, page);
Console.WriteLine(path);
