using System;
using System.IO;
using System.Text;

namespace GitLabAgents.Reports;

/// <summary>Writes a file completely or not at all.</summary>
internal static class ReportFile
{
    private static readonly UTF8Encoding Encoding = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Checks whether a report can be written to a path.</summary>
    /// <param name="path">The full path.</param>
    /// <param name="overwrite">Whether an existing file may be replaced.</param>
    /// <exception cref="GitLabApiException">The folder does not exist, or something is in the way.</exception>
    public static void CheckPath(string path, bool overwrite)
    {
        if (Directory.Exists(path))
        {
            throw new GitLabApiException(
                GitLabErrorKind.InvalidRequest, $"'{path}' is a folder.", "Specify the path of a file with -Path.");
        }

        if (!Directory.Exists(Path.GetDirectoryName(path)))
        {
            throw new GitLabApiException(
                GitLabErrorKind.NotFound,
                $"The folder '{Path.GetDirectoryName(path)}' does not exist.",
                "Create it with New-Item -ItemType Directory, or specify another -Path.");
        }

        if (string.Equals(Path.GetDirectoryName(path), "/dev", StringComparison.Ordinal))
        {
            // With -Force, an administrator would replace the device by a file.
            throw new GitLabApiException(
                GitLabErrorKind.InvalidRequest, $"'{path}' is a device.", "Specify the path of a file with -Path.");
        }

        if (!overwrite && File.Exists(path))
        {
            throw new GitLabApiException(
                GitLabErrorKind.FileExists,
                $"The file '{path}' already exists.",
                "Replace it with -Force, or specify another -Path.");
        }
    }

    /// <summary>Writes text as UTF-8 without a byte order mark.</summary>
    /// <param name="path">The full path.</param>
    /// <param name="text">The text.</param>
    /// <param name="overwrite">Whether an existing file may be replaced.</param>
    /// <exception cref="GitLabApiException">
    /// The file could not be written. What was there before is unchanged.
    /// </exception>
    public static void Write(string path, string text, bool overwrite)
    {
        CheckPath(path, overwrite);
        string temporary = Path.Combine(Path.GetDirectoryName(path)!, "." + Path.GetRandomFileName());
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            using (var writer = new StreamWriter(stream, Encoding))
            {
                writer.Write(text);
            }

            Move(temporary, path, overwrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            TryDelete(temporary);
            CheckPath(path, overwrite); // Somebody else may have created the file meanwhile.
            throw new GitLabApiException(
                GitLabErrorKind.InvalidRequest,
                $"The report could not be written to '{path}': {e.Message}",
                "Check the permissions and the free space, or specify another -Path.",
                e);
        }
    }

    private static void Move(string temporary, string path, bool overwrite)
    {
        if (!overwrite || !File.Exists(path))
        {
            File.Move(temporary, path);
            return;
        }

        // As with Out-File, -Force replaces a read-only file too.
        FileAttributes attributes = File.GetAttributes(path);
        if ((attributes & FileAttributes.ReadOnly) == FileAttributes.ReadOnly)
        {
            File.SetAttributes(path, attributes & ~FileAttributes.ReadOnly);
        }

        File.Replace(temporary, path, destinationBackupFileName: null);
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The exception that made this necessary is the one to report.
        }
    }
}
