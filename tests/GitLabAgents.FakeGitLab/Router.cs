using System;
using System.Collections.Generic;
using GitLabAgents.FakeGitLab.Routes;

namespace GitLabAgents.FakeGitLab;

/// <summary>Who may call a route.</summary>
internal enum Access
{
    /// <summary>A token with the scope <c>api</c>, or <c>read_api</c> for reads.</summary>
    Api,

    /// <summary>A token with any scope.</summary>
    AnyScope,

    /// <summary>GraphQL: <c>read_api</c> is enough for its POST.</summary>
    Query,
}

/// <summary>A method and a path, and who answers.</summary>
internal sealed class Route(string method, string path, Func<Call, Answer> handle)
{
    public string Method { get; } = method;

    public string[] Segments { get; } = path.Split('/');

    public Func<Call, Answer> Handle { get; } = handle;

    public Access Access { get; init; }

    /// <summary>Belongs to the URL configurations, which may be switched off.</summary>
    public bool Receptive { get; init; }

    /// <summary>Is not there on old servers.</summary>
    public bool Recent { get; init; }

    public int IndexOf(string segment) => Array.IndexOf(Segments, segment);

    public bool Matches(IncomingRequest request, ReadOnlySpan<string> segments)
    {
        if (segments.Length != Segments.Length || (Method != request.Method && !(Method == "GET" && request.Method == "HEAD")))
        {
            return false;
        }

        for (int index = 0; index < segments.Length; index++)
        {
            bool matches = Segments[index][0] == ':' ? segments[index].Length > 0 : Segments[index] == segments[index];
            if (!matches)
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>Finds the route of a request and runs the server's checks in their order.</summary>
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
        new("GET", Agents, AgentRoutes.List),
        new("GET", Agent, AgentRoutes.Get),
        new("POST", Agents, AgentRoutes.Create),
        new("DELETE", Agent, AgentRoutes.Delete),
        new("GET", Tokens, TokenRoutes.List),
        new("GET", Token, TokenRoutes.Get),
        new("POST", Tokens, TokenRoutes.Create),
        new("DELETE", Token, TokenRoutes.Revoke),
        new("GET", UrlConfigurations, UrlConfigurationRoutes.List) { Receptive = true },
        new("GET", UrlConfiguration, UrlConfigurationRoutes.Get) { Receptive = true },
        new("POST", UrlConfigurations, UrlConfigurationRoutes.Create) { Receptive = true },
        new("DELETE", UrlConfiguration, UrlConfigurationRoutes.Delete) { Receptive = true },
        new("GET", "api/v4/projects/:id", ProjectRoutes.Get),
        new("GET", "api/v4/groups/:id/projects", ProjectRoutes.ListOfGroup),
        new("GET", "api/v4/metadata", ServerRoutes.Metadata) { Recent = true },
        new("GET", "api/v4/version", ServerRoutes.Version),
        new("GET", "api/v4/personal_access_tokens/self", ServerRoutes.Self) { Recent = true, Access = Access.AnyScope },
        new("POST", "api/graphql", GraphQLRoutes.Query) { Access = Access.Query },
    ];

    public static Answer Answer(IncomingRequest request, State state, FakeGitLabOptions options)
    {
        if (!TryStrip(request.Path, options.NormalizedPrefix + "/", out string path))
        {
            return FakeGitLab.Answer.NoRoute;
        }

        string[] segments = path.Split('/');
        foreach (Route route in All)
        {
            if (route.Matches(request, segments) && Exists(route, options))
            {
                return Answer(new Call { Request = request, Route = route, Segments = segments, State = state, Options = options });
            }
        }

        return FakeGitLab.Answer.NoRoute;
    }

    /// <summary>Takes the prefix off a path.</summary>
    public static bool TryStrip(string path, string prefix, out string rest)
    {
        bool found = path.StartsWith(prefix, StringComparison.Ordinal);
        rest = found ? path[prefix.Length..] : path;
        return found;
    }

    private static bool Exists(Route route, FakeGitLabOptions options) =>
        !(route.Recent && options.OldServer) && !(route.Access == Access.Query && options.GraphQL == GraphQL.Off) && !(route.Receptive && options.ReceptiveAgents == ReceptiveAgents.Absent);

    private static Answer Answer(Call call)
    {
        lock (call.State.Gate)
        {
            try
            {
                call.Token = Authentication.Authenticate(call);
                if (call.Route.Receptive && call.Options.ReceptiveAgents == ReceptiveAgents.Off)
                {
                    return FakeGitLab.Answer.Message(404, "404 Not Found");
                }

                call.Parameters = new Parameters(call.Route, call.Segments, call.Request);
                return call.Route.Handle(call);
            }
            catch (RefusedException refused)
            {
                return refused.Answer;
            }
        }
    }
}
