using System;
using System.Collections.Generic;
using System.Linq;
using GitLabAgents.FakeGitLab.GraphQLApi;

namespace GitLabAgents.FakeGitLab.Rest;

/// <summary>Finds the route of a request, authenticates the caller and runs the handler.</summary>
internal static class Router
{
    private const string Agents = "api/v4/projects/:id/cluster_agents";
    private const string Agent = Agents + "/:agent_id";
    private const string Tokens = Agent + "/tokens";
    private const string Token = Tokens + "/:token_id";
    private const string UrlConfigurations = Agent + "/url_configurations";
    private const string UrlConfiguration = UrlConfigurations + "/:url_configuration_id";

    private static readonly IReadOnlyList<Route> All =
    [
        new("GET", Agents, AgentRoutes.List) { Permission = "read_cluster_agent" },
        new("GET", Agent, AgentRoutes.Get) { Permission = "read_cluster_agent" },
        new("POST", Agents, AgentRoutes.Create) { Permission = "create_cluster_agent" },
        new("DELETE", Agent, AgentRoutes.Delete) { Permission = "delete_cluster_agent" },
        new("GET", Tokens, TokenRoutes.List) { Permission = "read_cluster_agent_token" },
        new("GET", Token, TokenRoutes.Get) { Permission = "read_cluster_agent_token" },
        new("POST", Tokens, TokenRoutes.Create) { Permission = "create_cluster_agent_token" },
        new("DELETE", Token, TokenRoutes.Revoke) { Permission = "revoke_cluster_agent_token" },
        new("GET", UrlConfigurations, UrlConfigurationRoutes.List)
            { Permission = "read_cluster_agent_url_configuration", Exists = HasReceptiveAgents },
        new("GET", UrlConfiguration, UrlConfigurationRoutes.Get)
            { Permission = "read_cluster_agent_url_configuration", Exists = HasReceptiveAgents },
        new("POST", UrlConfigurations, UrlConfigurationRoutes.Create)
            { Permission = "create_cluster_agent_url_configuration", Exists = HasReceptiveAgents },
        new("DELETE", UrlConfiguration, UrlConfigurationRoutes.Delete)
            { Permission = "delete_cluster_agent_url_configuration", Exists = HasReceptiveAgents },
        new("GET", "api/v4/projects", ProjectRoutes.List) { Permission = "read_project" },
        new("GET", "api/v4/projects/:id", ProjectRoutes.Get) { Permission = "read_project" },
        new("GET", "api/v4/projects/:id/environments", EnvironmentRoutes.List) { Permission = "read_environment" },
        new("GET", "api/v4/groups", GroupRoutes.List) { Permission = "read_group" },
        new("GET", "api/v4/groups/:id", GroupRoutes.Get) { Permission = "read_group" },
        new("GET", "api/v4/groups/:id/projects", GroupRoutes.ListProjects) { Permission = "read_project" },
        new("GET", "api/v4/metadata", ServerRoutes.Metadata)
            { Access = Access.ReadUser, Permission = "read_metadata", Exists = static options => !options.OldServer },
        new("GET", "api/v4/version", ServerRoutes.Version) { Access = Access.ReadUser, Permission = "read_metadata" },
        new("GET", "api/v4/user", UserRoutes.Get) { Access = Access.ReadUser, Permission = "read_user" },
        new("GET", "api/v4/personal_access_tokens/self", UserRoutes.GetToken)
            { Access = Access.AnyScope, Exists = static options => !options.OldServer },
        new("POST", "api/v4/admin/token", AdminTokenRoutes.Find)
            { Exists = static options => options.Features.TokenLookup },
        new("DELETE", "api/v4/admin/token", AdminTokenRoutes.Revoke)
            { Exists = static options => options.Features.TokenRevocation },
        new("POST", "api/graphql", GraphQLEndpoint.Execute)
            { Access = Access.GraphQL, Exists = static options => options.GraphQL != GraphQLAvailability.Off },
    ];

    public static ApiResponse Respond(IncomingRequest request, State state, FakeGitLabOptions options)
    {
        if (!TryStrip(request.Path, options.NormalizedPrefix + "/", out string path))
        {
            return ApiResponse.NoRoute;
        }

        string[] segments = path.Split('/');
        Route? route = All.FirstOrDefault(route => route.Matches(request, segments));
        if (route is null || route.Exists?.Invoke(options) == false)
        {
            return ApiResponse.NoRoute;
        }

        lock (state.Gate)
        {
            try
            {
                var context = new RequestContext
                {
                    Request = request,
                    Route = route,
                    Segments = segments,
                    State = state,
                    Options = options,
                    Parameters = new RequestParameters(route, segments, request),
                };
                Maintenance.Check(context);
                if (route.Access == Access.GraphQL && GraphQLEndpoint.RespondBlocked(options) is { } blocked)
                {
                    return blocked;
                }

                context.Caller = Authentication.Authenticate(context);
                return route.Handle(context);
            }
            catch (RequestRejectedException rejected)
            {
                return rejected.Response;
            }
        }
    }

    /// <summary>Takes the prefix off a path.</summary>
    public static bool TryStrip(string path, string prefix, out string rest)
    {
        bool found = path.StartsWith(prefix, StringComparison.Ordinal);
        rest = found ? path[prefix.Length..] : path;
        return found;
    }

    private static bool HasReceptiveAgents(FakeGitLabOptions options) =>
        options.ReceptiveAgents != ReceptiveAgents.Absent && options.Features.Receptive;
}
