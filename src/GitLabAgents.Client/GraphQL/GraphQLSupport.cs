using System;
using System.Collections.Generic;
using System.Linq;

namespace GitLabAgents;

/// <summary>
/// What a session has learned about GitLab's GraphQL API: whether it can be used, which fields and arguments this
/// version or edition lacks, and how large a query may be.
/// </summary>
internal sealed class GraphQLSupport(TimeProvider clock)
{
    // What blocks GraphQL may be gone after a while, and a session can live for days.
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMinutes(5);

    // Without these a response would be incomplete, or would be about other projects than the ones asked for.
    private static readonly HashSet<string> Required = new(StringComparer.Ordinal)
    {
        "group", "projects", "project", "clusterAgents", "clusterAgent", "nodes", "pageInfo", "hasNextPage",
        "endCursor", "id", "fullPath", "lastUsedAt", "status", "fullPath:", "ids:", "fullPaths:", "minAccessLevel:",
        "first:", "after:", "includeSubgroups:", "name:",
    };

    private readonly object _gate = new();
    private readonly Dictionary<string, string> _refused = new(StringComparer.Ordinal);
    private string? _unavailableReason;
    private DateTimeOffset _unavailableUntil;

    /// <summary>Gets the reason GraphQL cannot be used, or null if it can.</summary>
    public string? UnavailableReason
    {
        get
        {
            lock (_gate)
            {
                return clock.GetUtcNow() < _unavailableUntil ? _unavailableReason : null;
            }
        }
    }

    /// <summary>Gets or sets how often the size of queries was halved because GitLab found them too complex.</summary>
    public int ReductionLevel { get; set; }

    /// <summary>Gets the names of the fields, and of the arguments with a colon, that GitLab refused.</summary>
    public string[] Refused
    {
        get
        {
            lock (_gate)
            {
                return [.. _refused.Keys];
            }
        }
    }

    /// <summary>Returns GitLab's message about a refused field, or null if the field was not refused.</summary>
    public string? GetRefusal(string name)
    {
        lock (_gate)
        {
            return _refused.TryGetValue(name, out string? message) ? message : null;
        }
    }

    /// <summary>Records that GraphQL cannot be used.</summary>
    /// <returns>Whether that is news.</returns>
    public bool SetUnavailable(string reason)
    {
        lock (_gate)
        {
            bool isNew = _unavailableReason != reason || clock.GetUtcNow() >= _unavailableUntil;
            _unavailableReason = reason;
            _unavailableUntil = clock.GetUtcNow() + RetryInterval;
            return isNew;
        }
    }

    /// <summary>Records the fields and arguments that GitLab refused.</summary>
    /// <param name="errors">The errors of the response.</param>
    /// <param name="excluded">The names that the query already left out.</param>
    /// <returns>
    /// The names that are new to the session, which can be none if another query recorded them first; null if the query
    /// cannot do without one of them, or left all of them out already.
    /// </returns>
    public string[]? TryRefuse(IEnumerable<GraphQLError> errors, IReadOnlyCollection<string> excluded)
    {
        (string? Name, string Message)[] refusals = [.. errors
            .Where(static error => error.Extensions?.Code is not null)
            .Select(static error => (GetName(error.Extensions!), error.Message ?? string.Empty))];
        if (refusals.Any(static refusal => refusal.Name is null || Required.Contains(refusal.Name))
            || refusals.All(refusal => excluded.Contains(refusal.Name, StringComparer.Ordinal)))
        {
            return null;
        }

        lock (_gate)
        {
            var added = new List<string>();
            foreach ((string? name, string message) in refusals)
            {
                if (!_refused.ContainsKey(name!))
                {
                    _refused.Add(name!, message);
                    added.Add(name!);
                }
            }

            return [.. added];
        }
    }

    private static string? GetName(GraphQLErrorExtensions extensions) => extensions.Code switch
    {
        "undefinedField" => extensions.FieldName,
        "argumentNotAccepted" => extensions.ArgumentName + ":",
        _ => null,
    };
}
