using System;

namespace GitLabAgents;

/// <summary>The result of a query: data, or the reason there is none.</summary>
internal sealed class GraphQLResult
{
    private GraphQLResult()
    {
    }

    /// <summary>Gets the data, or null.</summary>
    public GraphQLData? Data { get; private set; }

    /// <summary>Gets the errors that came with the data.</summary>
    public GraphQLErrorScope Errors { get; private set; } = GraphQLErrorScope.Create(null);

    /// <summary>Gets the time on GitLab's clock.</summary>
    public DateTimeOffset ServerTime { get; private set; }

    /// <summary>Gets the reason there is no data, as a sentence.</summary>
    public string? Reason { get; private set; }

    /// <summary>Gets a value indicating whether a smaller query may succeed.</summary>
    public bool IsTooExpensive { get; private set; }

    /// <summary>Gets a value indicating whether GitLab would refuse a query of this size at any time.</summary>
    public bool IsTooComplex { get; private set; }

    /// <summary>Creates the result of a query that succeeded at least in part.</summary>
    public static GraphQLResult Success(GraphQLResponse response, DateTimeOffset serverTime)
        => new() { Data = response.Data, Errors = GraphQLErrorScope.Create(response.Errors), ServerTime = serverTime };

    /// <summary>Creates the result of a query that cannot succeed in any size.</summary>
    public static GraphQLResult Unavailable(string reason) => new() { Reason = reason };

    /// <summary>Creates the result of a query that GitLab refused as too complex, or did not finish in time.</summary>
    public static GraphQLResult TooExpensive(string reason, bool isTooComplex)
        => new() { Reason = reason, IsTooExpensive = true, IsTooComplex = isTooComplex };
}
