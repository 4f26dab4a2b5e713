using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Text.Json.Serialization.Metadata;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>Searches the user's projects and groups, for completion.</content>
public sealed partial class GitLabClient
{
    private const int MaxSearchResults = 20;

    // With fewer characters, GitLab's search finds only names that are equal to them.
    private const int MinSearchLength = 3;

    /// <summary>
    /// Finds projects in which the user is at least Developer, by a part of their full path; the most recent first.
    /// </summary>
    internal Task<List<ProjectInfo>> SearchProjectsAsync(string text, CancellationToken cancellationToken)
        => SearchAsync(
            $"projects?membership=true&min_access_level={AccessLevel.Developer}&archived=false&simple=true"
                + $"{GetSearchParameters(text, "&search_namespaces=true")}&order_by=last_activity_at",
            text,
            text,
            static project => project.PathWithNamespace,
            GitLabJson.Default.ListProjectInfo,
            cancellationToken);

    /// <summary>Finds groups in which the user is at least Developer, by a part of their full path.</summary>
    internal async Task<List<GroupInfo>> SearchGroupsAsync(string text, CancellationToken cancellationToken)
    {
        List<GroupInfo> found = await SearchGroupsAsync(text, text, cancellationToken).ConfigureAwait(false);
        int slash = text.LastIndexOf('/');

        // Some versions search groups by the last part of their path only.
        return found.Count > 0 || slash < 0
            ? found
            : await SearchGroupsAsync(text.Substring(slash + 1), text, cancellationToken).ConfigureAwait(false);
    }

    private Task<List<GroupInfo>> SearchGroupsAsync(string search, string text, CancellationToken cancellationToken)
        => SearchAsync(
            $"groups?min_access_level={AccessLevel.Developer}{GetSearchParameters(search, string.Empty)}",
            search,
            text,
            static group => group.FullPath,
            GitLabJson.Default.ListGroupInfo,
            cancellationToken);

    private static string GetSearchParameters(string text, string more)
        => text.Length < MinSearchLength ? string.Empty : $"&search={Uri.EscapeDataString(text)}{more}";

    private async Task<List<T>> SearchAsync<T>(
        string path,
        string search,
        string text,
        Func<T, string?> getPath,
        JsonTypeInfo<List<T>> type,
        CancellationToken cancellationToken)
        where T : class
    {
        // If GitLab cannot search, a longer list is filtered here.
        int count = text.Length == 0 || search.Length >= MinSearchLength ? MaxSearchResults : PageSize;
        var request = new ApiRequest(HttpMethod.Get, $"{path}&per_page={count}", "search", GitLabErrorKind.NotFound);
        List<T> results = await ReadAsync(request, type, cancellationToken).ConfigureAwait(false);
        results.RemoveAll(item => !IsMatch(item));
        return results.Count > MaxSearchResults ? results.GetRange(0, MaxSearchResults) : results;

        bool IsMatch(T? item) => item is not null
            && getPath(item) is { } fullPath
            && fullPath.IndexOf(text, StringComparison.OrdinalIgnoreCase) >= 0;
    }
}
