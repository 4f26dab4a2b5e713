using System;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <summary>
/// Finds the project that <c>-Project .</c> means: the one that the remote <c>origin</c> of a clone points to.
/// </summary>
internal static class GitRemoteProject
{
    private const int GitTimeoutMilliseconds = 5000;
    private const RegexOptions Options =
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    private static readonly TimeSpan RegexTimeout = TimeSpan.FromSeconds(1);

    // https://user:password@host:port/path. Only the last @ ends the credentials. https:: names git's own helper.
    private static readonly Regex Url = new(
        @"\A(https?::)?(?<scheme>https?|ssh|git|git\+ssh|ssh\+git)://([^/]*@)?"
            + @"(?<host>\[[^\]/]+\]|[^:/@\[\]]+)(:[0-9]*)?/(?<path>[^?#]+)\z",
        Options,
        RegexTimeout);

    // user@host:path and, with a port or an IPv6 address, user@[host:port]:path. A slash before the colon makes it a
    // local path.
    private static readonly Regex Scp = new(
        @"\A([^/:\[]*@)?(\[([^/\]]*@)?(?<host>[^:\]/]+)(:[0-9]+)?\]|"
            + @"(?<host>\[[^\]/]+\]|[^:/@\[\]]+)):(?<path>[^:].*)\z",
        Options,
        RegexTimeout);

    /// <summary>Finds the project of a folder.</summary>
    /// <param name="folder">A folder of the clone.</param>
    /// <param name="session">The session; the clone must be of its GitLab.</param>
    /// <exception cref="GitLabApiException">The folder is not a clone, or one of another GitLab.</exception>
    public static ProjectReference Resolve(string folder, GitLabSession session)
    {
        // The remote itself is not repeated in messages: it may have a password or a token in it.
        (string host, string path, bool isWeb) = Parse(ReadOrigin(folder, session))
            ?? throw CreateException($"The remote origin of {folder} is not the URL of a GitLab project.");
        if (!string.Equals(host, NormalizeHost(session.Uri.Host), StringComparison.OrdinalIgnoreCase))
        {
            host = ServerAddress.Redact(host);
            throw CreateException($"The remote origin of {folder} is on {host}, and the session is with {session}.");
        }

        string prefix = session.Uri.AbsolutePath.Trim('/') + "/";
        if (!isWeb || prefix.Length == 1)
        {
            return new ProjectReference(path); // The addresses for SSH do not have the prefix.
        }

        return path.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && path.IndexOf('/', prefix.Length) > 0
            ? new ProjectReference(path.Substring(prefix.Length))
            : throw CreateException($"The remote origin of {folder} is not below {session.Uri}.");
    }

    /// <summary>Reads host and path of a remote, in each form that git accepts for another machine.</summary>
    /// <param name="remote">The remote.</param>
    /// <returns>
    /// Host, path and whether it is a web address, or <see langword="null"/> if it cannot be a GitLab project.
    /// </returns>
    internal static (string Host, string Path, bool IsWeb)? Parse(string remote)
    {
        remote = remote.Trim();
        Match match = Url.Match(remote);
        bool isUrl = match.Success;
        if (!isUrl)
        {
            match = remote.Contains("://") ? Match.Empty : Scp.Match(remote);
        }

        string host = match.Groups["host"].Value;
        string path = match.Groups["path"].Value;
        bool isDrive = host.Length == 1 && path.Length > 0 && path[0] is '/' or '\\';
        if (!match.Success || isDrive || NormalizeHost(host) is not { } normalized)
        {
            return null;
        }

        return CleanPath(isUrl ? Uri.UnescapeDataString(path) : path) is { } project
            ? (normalized, project, match.Groups["scheme"].Value.StartsWith("http", StringComparison.OrdinalIgnoreCase))
            : null;
    }

    // A project is always in a namespace; digits alone would be taken for an ID.
    private static string? CleanPath(string path)
    {
        string[] parts = path.Split(['/'], StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length < 2 || parts.Any(static part => part is "." or ".." || part.IndexOf('\\') >= 0))
        {
            return null;
        }

        string project = parts[parts.Length - 1];
        if (project.EndsWith(".git", StringComparison.OrdinalIgnoreCase))
        {
            parts[parts.Length - 1] = project.Substring(0, project.Length - 4);
        }

        return parts[parts.Length - 1].Length > 0 ? string.Join("/", parts) : null;
    }

    // One form for each host: lower case, without the dot at the end, punycode, the short form of IPv6.
    private static string? NormalizeHost(string host)
    {
        string address = $"https://{Uri.UnescapeDataString(host).TrimEnd('.')}/";
        return Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) ? uri.IdnHost : null;
    }

    private static string ReadOrigin(string folder, GitLabSession session)
    {
        var start = new ProcessStartInfo("git", "remote get-url origin") // It applies url.<base>.insteadOf.
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        try
        {
            using Process git = Process.Start(start);
            Task<string> output = git.StandardOutput.ReadToEndAsync();
            Task<string> error = git.StandardError.ReadToEndAsync();
            if (!git.WaitForExit(GitTimeoutMilliseconds))
            {
                git.Kill();
                throw CreateException(
                    $"git did not read the remote origin of {folder} within {GitTimeoutMilliseconds / 1000} seconds.");
            }

            if (git.ExitCode == 0)
            {
                return output.GetAwaiter().GetResult();
            }

            string? reason = DisplayText.SanitizeMessage(error.GetAwaiter().GetResult(), session.Token.Redact);
            throw CreateException($"{folder} is not a clone with a remote named origin (git: {reason?.TrimEnd('.')}).");
        }
        catch (Win32Exception e)
        {
            throw CreateException(Directory.Exists(folder)
                ? $"-Project . needs git, which could not be started ({e.Message.TrimEnd('.')})."
                : $"The folder {folder} does not exist.");
        }
    }

    private static GitLabApiException CreateException(string message)
        => new(GitLabErrorKind.InvalidRequest, message, "Specify the project's ID or its full path.");
}
