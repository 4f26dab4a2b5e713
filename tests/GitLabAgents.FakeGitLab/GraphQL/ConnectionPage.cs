using System;
using System.Buffers.Text;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using GraphQL;
using GraphQL.Utilities;

namespace GitLabAgents.FakeGitLab.GraphQLApi;

/// <summary>The key by which a list is sorted, and of which its cursors are made.</summary>
internal readonly record struct SortKey(string Text, long Id) : IComparable<SortKey>
{
    public int CompareTo(SortKey other) => string.CompareOrdinal(Text, other.Text) is not 0 and var order
        ? order
        : Id.CompareTo(other.Id);

    public string ToCursor() =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new object[] { Text, Id }));

    /// <exception cref="ExecutionError">It is not a cursor.</exception>
    public static SortKey Parse(string cursor)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(Base64Url.DecodeFromChars(cursor));
            return new SortKey(document.RootElement[0].GetString()!, document.RootElement[1].GetInt64());
        }
        catch (Exception exception) when (exception is FormatException or JsonException
            or InvalidOperationException or IndexOutOfRangeException)
        {
            throw new ExecutionError("Please provide a valid cursor");
        }
    }
}

/// <summary>A page of a list.</summary>
internal sealed record ConnectionPage(
    IReadOnlyList<object> Nodes,
    int Count,
    bool HasNextPage,
    bool HasPreviousPage,
    string? StartCursor,
    string? EndCursor)
{
    public static ConnectionPage Empty { get; } = new([], 0, false, false, null, null);

    /// <summary>Creates the page that the field's arguments ask for.</summary>
    /// <param name="context">The field.</param>
    /// <param name="rows">All rows, sorted by their keys.</param>
    /// <param name="keyOf">The key of a row, by its index.</param>
    /// <param name="isVisible">Takes nodes out after paging, as GitLab does: the page then has fewer.</param>
    public static ConnectionPage Create<T>(
        IResolveFieldContext context,
        IReadOnlyList<T> rows,
        Func<T, int, SortKey> keyOf,
        Func<T, bool>? isVisible = null)
        where T : class
    {
        (int? first, int? last) = (context.Integer("first"), context.Integer("last"));
        if (first is not null && last is not null)
        {
            throw new ExecutionError("Can only provide either `first` or `last`, not both");
        }

        string? after = context.Text("after");
        string? before = context.Text("before");
        int from = after is null ? 0 : Find(rows, keyOf, SortKey.Parse(after), isAfter: true);
        int to = before is null ? rows.Count : Find(rows, keyOf, SortKey.Parse(before), isAfter: false);
        to = Math.Max(from, to);
        int size = Math.Clamp(first ?? last ?? int.MaxValue, 0, context.Query().Options.GraphQLPageSize);
        int start = last is null ? from : Math.Max(from, to - size);
        int end = last is null ? Math.Min(to, from + size) : to;
        int[] visible = [.. Enumerable.Range(start, end - start)
            .Where(index => isVisible?.Invoke(rows[index]) != false)];
        return new ConnectionPage(
            [.. visible.Select(index => rows[index])],
            rows.Count,
            HasNextPage: before is not null || end < to,
            HasPreviousPage: after is not null || start > from,
            visible.Length > 0 ? keyOf(rows[visible[0]], visible[0]).ToCursor() : null,
            visible.Length > 0 ? keyOf(rows[visible[^1]], visible[^1]).ToCursor() : null);
    }

    /// <summary>The index of the first row behind the key, or not before it.</summary>
    private static int Find<T>(IReadOnlyList<T> rows, Func<T, int, SortKey> keyOf, SortKey key, bool isAfter)
    {
        int low = 0;
        int high = rows.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            int order = keyOf(rows[middle], middle).CompareTo(key);
            if (order < 0 || (isAfter && order == 0))
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}

/// <summary>The fields of all connections.</summary>
internal static class ConnectionResolvers
{
    private static readonly string[] Types =
    [
        "ProjectConnection",
        "GroupConnection",
        "ClusterAgentConnection",
        "ClusterAgentTokenConnection",
        "ConnectedAgentConnection",
        "ClusterAgentActivityEventConnection",
        "ClusterAgentUrlConfigurationConnection",
        "AgentConfigurationConnection",
        "ClusterAgentAuthorizationCiAccessConnection",
        "ClusterAgentAuthorizationUserAccessConnection",
    ];

    public static void AddTo(SchemaBuilder builder)
    {
        foreach (string type in Types)
        {
            new ResolverMap<ConnectionPage>(builder, type)
                .Field("nodes", static page => page.Nodes)
                .Field("count", static page => page.Count)
                .Field("pageInfo", static page => page);
        }

        new ResolverMap<ConnectionPage>(builder, "PageInfo")
            .Field("hasNextPage", static page => page.HasNextPage)
            .Field("hasPreviousPage", static page => page.HasPreviousPage)
            .Field("startCursor", static page => page.StartCursor)
            .Field("endCursor", static page => page.EndCursor);
    }
}
