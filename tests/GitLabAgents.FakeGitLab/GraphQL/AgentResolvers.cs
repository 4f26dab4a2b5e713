using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using GraphQL;
using GraphQL.Utilities;

namespace GitLabAgents.FakeGitLab.GraphQLApi;

/// <summary>Agents, and what belongs to them.</summary>
internal static class AgentResolvers
{
    public static void AddTo(SchemaBuilder builder)
    {
        AddAgent(builder);
        AddToken(builder);
        AddConnection(builder);
        new ResolverMap<AgentActivityEvent>(builder, "ClusterAgentActivityEvent")
            .Field("recordedAt", static activity => GlobalId.Time(activity.RecordedAt))
            .Field("kind", static activity => activity.Kind)
            .Field("level", static activity => activity.Level)
            .Field("user", static (activity, context) => User(context, activity.UserId))
            .Field("agentToken", static activity => activity.Token);
        new ResolverMap<UrlConfiguration>(builder, "ClusterAgentUrlConfiguration")
            .Field("id", static configuration => GlobalId.Of("Clusters::Agents::UrlConfiguration", configuration.Id))
            .Field("url", static configuration => configuration.Url)
            .Field("publicKey", static (configuration, context) => PublicKey(configuration, context))
            .Field("clientCert", static configuration => configuration.ClientCertificate)
            .Field("caCert", static configuration => configuration.CaCertificate)
            .Field("tlsHost", static configuration => configuration.TlsHost);
        new ResolverMap<RootResolvers.User>(builder, "UserCore")
            .Field("id", static user => GlobalId.Of("User", user.Id))
            .Field("username", static user => user.Username)
            .Field("name", static user => user.Username);
    }

    /// <summary>A page of agents, which must be sorted by name and ID.</summary>
    public static ConnectionPage Page(IResolveFieldContext context, IReadOnlyList<Agent> agents)
        => ConnectionPage.Create(
            context,
            agents,
            static (agent, _) => new SortKey(agent.Name, agent.Id),
            agent => context.Query().Token.RoleIn(agent.Project) >= Role.Developer);

    private static void AddAgent(SchemaBuilder builder) => new ResolverMap<Agent>(builder, "ClusterAgent")
        .Field("id", static agent => GlobalId.Of("Clusters::Agent", agent.Id))
        .Field("name", static agent => agent.Name)
        .Field("createdAt", static agent => GlobalId.Time(agent.CreatedAt))
        .Field("updatedAt", static agent => GlobalId.Time(agent.UpdatedAt))
        .Field("createdByUser", static (agent, context) => User(context, agent.CreatedByUserId))
        .Field("project", static agent => agent.Project)
        .Field("webPath", static agent => $"/{agent.Project.Path}/-/cluster_agents/{agent.Name}")
        .Field("isReceptive", static agent => agent.UrlConfigurations.Count > 0)
        .Field("connections", static (agent, context) => Connections(agent, context))
        .Field("tokens", static (agent, context) => Tokens(agent, context))
        .Field("activityEvents", static (agent, context) => Activity(agent, context))
        .Field("urlConfigurations", static (agent, context) => ConnectionPage.Create(
            context, agent.UrlConfigurations, static (configuration, _) => new SortKey(string.Empty, configuration.Id)))
        .Field("userAccessAuthorizations", static _ => null);

    private static void AddToken(SchemaBuilder builder) => new ResolverMap<StoredToken>(builder, "ClusterAgentToken")
        .Field("id", static token => GlobalId.Of("Clusters::AgentToken", token.Id))
        .Field("name", static token => token.Name)
        .Field("description", static token => token.Description)
        .Field("status", static token => token.Status is "active" or "revoked" ? token.Status.ToUpperInvariant() : null)
        .Field("createdAt", static token => GlobalId.Time(token.CreatedAt))
        .Field("createdByUser", static (token, context) => User(context, token.CreatedByUserId))
        .Field("lastUsedAt", static token => GlobalId.Time(token.LastUsedAt))
        .Field("clusterAgent", static token => token.Agent);

    private static void AddConnection(SchemaBuilder builder)
    {
        new ResolverMap<AgentConnection>(builder, "ConnectedAgent")
            .Field("connectedAt", static (connection, context) =>
                GlobalId.Time(connection.ConnectedAt, context.Query().Options.ServerUtcOffset))
            .Field("connectionId", static connection => connection.ConnectionId.ToString(CultureInfo.InvariantCulture))
            .Field("metadata", static connection => connection)
            .Field("warnings", static connection =>
                connection.Warnings.Select(static warning => new Warning(warning.Type, warning.Message)));
        new ResolverMap<AgentConnection>(builder, "AgentMetadata")
            .Field("commit", static connection => connection.Commit)
            .Field("podName", static connection => connection.PodName)
            .Field("podNamespace", static connection => connection.PodNamespace)
            .Field("version", static connection => connection.Version);
        new ResolverMap<Warning>(builder, "AgentWarning").Field("version", static warning => warning);
        new ResolverMap<Warning>(builder, "AgentVersionWarning")
            .Field("type", static warning => warning.Type)
            .Field("message", static warning => warning.Message);
    }

    /// <summary>To those who may not see them there are none; where the agent server is away, it is an error.</summary>
    private static ConnectionPage Connections(Agent agent, IResolveFieldContext context)
    {
        QueryContext query = context.Query();
        if (!query.Token.CanSeeActivity(agent.Project))
        {
            return ConnectionPage.Empty;
        }

        return query.Options is { KasEnabled: true, KasReachable: true }
            ? ConnectionPage.Create(context, agent.Connections, static (_, index) => new SortKey(string.Empty, index))
            : throw new ExecutionError("GRPC::Unavailable");
    }

    private static ConnectionPage Tokens(Agent agent, IResolveFieldContext context)
    {
        if (context.Query().Token.RoleIn(agent.Project) < Role.Developer)
        {
            return ConnectionPage.Empty;
        }

        bool listsRevoked = context.Query().Options.ListsRevokedTokens;
        StoredToken[] tokens = [.. agent.Tokens
            .Where(token => listsRevoked || !token.IsRevoked)
            .OrderBy(static token => Key(token))];
        return ConnectionPage.Create(context, tokens, static (token, _) => Key(token));
    }

    /// <summary>Last used first, then never used.</summary>
    private static SortKey Key(StoredToken token) =>
        new(NewestFirst(token.LastUsedAt ?? DateTimeOffset.MinValue), -token.Id);

    private static ConnectionPage Activity(Agent agent, IResolveFieldContext context) =>
        context.Query().Token.CanSeeActivity(agent.Project)
            ? ConnectionPage.Create(
                context,
                context.Query().State.ActivityOf(agent),
                static (activity, _) => new SortKey(NewestFirst(activity.RecordedAt), -activity.Id))
            : ConnectionPage.Empty;

    private static string NewestFirst(DateTimeOffset time) =>
        (DateTimeOffset.MaxValue.UtcTicks - time.UtcTicks).ToString("D20", CultureInfo.InvariantCulture);

    /// <summary>GitLab fails to write the raw bytes of a key, and with it the whole response.</summary>
    private static string? PublicKey(UrlConfiguration configuration, IResolveFieldContext context)
    {
        context.Query().IsBroken |= configuration.PublicKey is not null;
        return null;
    }

    private static RootResolvers.User? User(IResolveFieldContext context, long? id) =>
        id is { } value ? new RootResolvers.User(value, context.Query().State.FindUsername(value)) : null;

    private sealed record Warning(string Type, string Message);
}
