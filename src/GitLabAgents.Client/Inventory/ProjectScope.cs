using System;
using System.Linq;

namespace GitLabAgents;

/// <summary>A set of projects: how GraphQL and the REST API list it.</summary>
internal sealed class ProjectScope(string description, Func<int, ApiRequest> createListRequest)
{
    /// <summary>Gets what the set is, to follow "the projects of".</summary>
    public string Description { get; } = description;

    /// <summary>Gets the request for a page of the REST API's list.</summary>
    public Func<int, ApiRequest> CreateListRequest { get; } = createListRequest;

    /// <summary>Gets or sets the query, or null if GraphQL cannot be asked.</summary>
    public QueryDocument? Document { get; set; }

    /// <summary>Gets or sets the full path of the group in the query, or null if it is not about a group.</summary>
    public string? GroupPath { get; set; }

    /// <summary>Gets or sets a value indicating whether subgroups count.</summary>
    public bool Recurse { get; set; }

    /// <summary>Creates the variables of a page.</summary>
    public GraphQLVariables CreateVariables(AgentQuery query, string? after) => new()
    {
        Group = GroupPath,
        Recurse = GroupPath is null ? null : Recurse,
        First = query.Projects,
        Agents = query.AgentsPerProject,
        After = after,
    };

    /// <summary>Returns the page of a response, with the errors that affect it.</summary>
    public (ProjectPage? Page, GraphQLErrorScope Errors) GetPage(GraphQLResult result)
    {
        string[] path = GroupPath is null ? ["projects"] : ["group", "projects"];
        ProjectPage? page = GroupPath is null ? result.Data?.Projects : result.Data?.Group?.Projects;
        return (page, path.Aggregate(result.Errors, static (errors, segment) => errors.Enter(segment)));
    }
}
