using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Net.Http;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>Resolves paths of projects and groups if <see cref="Uri"/> would not keep them encoded.</content>
public sealed partial class GitLabClient
{
    private static readonly Regex PathInUri = new(
        "^(?<kind>projects|groups)/(?<path>[^/?]*%2F[^/?]*)",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant,
        TimeSpan.FromSeconds(1));

    private readonly ConcurrentDictionary<string, long> _idsByPath = new(StringComparer.OrdinalIgnoreCase);

    // The path of a request, with the numeric ID in place of a full path if %2F would not reach the server as it is.
    private async Task<string> GetPathAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        if (_session.KeepsEncodedSlashes || PathInUri.Match(request.Path) is not { Success: true } match)
        {
            return request.Path;
        }

        string kind = match.Groups["kind"].Value;
        string path = Uri.UnescapeDataString(match.Groups["path"].Value);
        if (!_idsByPath.TryGetValue(match.Value, out long id))
        {
            id = kind == "projects"
                ? await FindProjectIdAsync(path, cancellationToken).ConfigureAwait(false)
                : await FindGroupIdAsync(path, cancellationToken).ConfigureAwait(false);
            _idsByPath[match.Value] = id;
        }

        return $"{kind}/{id}{request.Path.Substring(match.Length)}";
    }

    private Task<long> FindProjectIdAsync(string path, CancellationToken cancellationToken) => FindIdAsync(
        ReadPagesAsync(
            page => SearchRequest("projects", path, "search_namespaces=true&simple=true", page),
            GitLabJson.Default.ListProjectInfo,
            static project => project.Id,
            onFirstPage: null,
            cancellationToken),
        path,
        static project => (project.Id, project.PathWithNamespace),
        GitLabErrorKind.ProjectNotFound);

    // GitLab searches groups by the last part of their path only.
    private Task<long> FindGroupIdAsync(string path, CancellationToken cancellationToken) => FindIdAsync(
        ReadPagesAsync(
            page => SearchRequest("groups", path.Substring(path.LastIndexOf('/') + 1), "all_available=true", page),
            GitLabJson.Default.ListGroupInfo,
            static group => group.Id,
            onFirstPage: null,
            cancellationToken),
        path,
        static group => (group.Id, group.FullPath),
        GitLabErrorKind.NotFound);

    private static ApiRequest SearchRequest(string kind, string text, string parameters, int page)
    {
        string search = Uri.EscapeDataString(text).Replace("%2F", "/");
        return new ApiRequest(
            HttpMethod.Get,
            $"{kind}?search={search}&{parameters}&per_page={PageSize}&page={page}",
            $"find {text} among the {kind}",
            GitLabErrorKind.NotFound);
    }

    private async Task<long> FindIdAsync<T>(
        IAsyncEnumerable<T> results,
        string path,
        Func<T, (long Id, string? Path)> read,
        GitLabErrorKind notFound)
    {
        await foreach (T item in results.ConfigureAwait(false))
        {
            (long id, string? itemPath) = read(item);
            if (string.Equals(itemPath, path, StringComparison.OrdinalIgnoreCase))
            {
                return id;
            }
        }

        throw new GitLabApiException(
            notFound,
            $"{_session} has no '{path}', or the access token may not read it.",
            "Check the full path, or specify the numeric ID. A missing role looks the same.");
    }
}
