using System;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;

namespace GitLabAgents;

/// <summary>Finds the project that <c>-Project .</c> means: the one that the clone's <c>origin</c> points to.</summary>
internal static class GitRemoteProject
{
    private const int GitTimeoutMilliseconds = 5000;

    /// <summary>Finds the project of a folder.</summary>
    /// <param name="folder">A folder of the clone.</param>
    /// <param name="session">The session; the clone must be of its host.</param>
    /// <exception cref="GitLabApiException">The folder is no clone, or one of another host.</exception>
    public static ProjectReference Resolve(string folder, GitLabSession session)
    {
        string origin = ReadOrigin(folder);
        (string Host, string Path) = Parse(origin) ?? throw CreateException($"'.' names no project here: origin of {folder} is no URL of a GitLab project.");
        if (!string.Equals(Host, session.Uri.Host, StringComparison.OrdinalIgnoreCase))
        {
            throw CreateException($"'.' names no project here: origin of {folder} is on {Host}, and the session is with {session}.");
        }

        return new ProjectReference(StripPrefix(Path, origin, session));
    }

    /// <summary>Reads host and path of a remote, in the forms that git takes.</summary>
    internal static (string Host, string Path)? Parse(string remote)
    {
        if (remote.Contains("://"))
        {
            return Uri.TryCreate(remote, UriKind.Absolute, out Uri? uri) && uri.Host.Length > 0
                ? Clean(uri.Host, Uri.UnescapeDataString(uri.AbsolutePath))
                : null;
        }

        // git@host:group/project.git; a colon behind a slash is part of a local path.
        int colon = remote.IndexOf(':');
        int slash = remote.IndexOf('/');
        if (colon <= 0 || (slash >= 0 && slash < colon))
        {
            return null;
        }

        return Clean(remote.Substring(remote.LastIndexOf('@', colon) + 1, colon - remote.LastIndexOf('@', colon) - 1), remote.Substring(colon + 1));
    }

    private static (string Host, string Path)? Clean(string host, string path)
    {
        path = path.Trim('/');
        if (path.EndsWith(".git", StringComparison.OrdinalIgnoreCase))
        {
            path = path.Substring(0, path.Length - 4);
        }

        return path.Length > 0 ? (host, path) : null;
    }

    // A GitLab below a prefix has it in its web addresses, and not in those of ssh.
    private static string StripPrefix(string path, string origin, GitLabSession session)
    {
        string prefix = session.Uri.AbsolutePath.Trim('/');
        return prefix.Length > 0 && origin.StartsWith("http", StringComparison.OrdinalIgnoreCase) && path.StartsWith(prefix + "/", StringComparison.OrdinalIgnoreCase)
            ? path.Substring(prefix.Length + 1)
            : path;
    }

    private static string ReadOrigin(string folder)
    {
        var start = new ProcessStartInfo("git", "remote get-url origin")
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        try
        {
            using Process git = Process.Start(start);
            System.Threading.Tasks.Task<string> output = git.StandardOutput.ReadToEndAsync();
            if (git.WaitForExit(GitTimeoutMilliseconds) && git.ExitCode == 0)
            {
                return output.GetAwaiter().GetResult().Trim();
            }
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            throw CreateException($"'.' names a project only with git at hand: {e.Message}");
        }

        throw CreateException($"'.' names no project here: {folder} is no clone with a remote named origin.");
    }

    private static GitLabApiException CreateException(string message)
        => new(GitLabErrorKind.InvalidRequest, message, "Give the project's id or its full path.");
}
