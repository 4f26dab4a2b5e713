using System.Collections.Generic;
using GitLabAgents.FakeGitLab.Rest;

namespace GitLabAgents.FakeGitLab.GraphQLApi;

/// <summary>What the resolvers and rules of one query share.</summary>
internal sealed class QueryContext(RequestContext request) : Dictionary<string, object?>
{
    private static readonly AccessToken Anonymous = new() { Value = string.Empty, Name = string.Empty };

    public State State => request.State;

    public FakeGitLabOptions Options => request.Options;

    public RequestContext Request => request;

    public bool IsSignedIn => request.Caller is not null;

    /// <summary>The caller; without an access token one who is a member of nothing.</summary>
    public AccessToken Token => request.Caller ?? Anonymous;

    /// <summary>The highest complexity for this caller.</summary>
    public int Limit => request.Caller switch
    {
        null => QueryComplexity.AnonymousLimit,
        { IsAdmin: true } => QueryComplexity.AdministratorLimit,
        _ => QueryComplexity.UserLimit,
    };

    /// <summary>The complexity of the other queries in the same request.</summary>
    public int OtherComplexity { get; init; }

    /// <summary>The complexity of this query.</summary>
    public int Complexity { get; set; }

    /// <summary>Whether a resolver failed in a way that breaks the whole response.</summary>
    public bool IsBroken { get; set; }
}
