using System;

namespace GitLabAgents.FakeGitLab;

/// <summary>Ready-made states.</summary>
public static class Seed
{
    /// <summary>A few groups, projects and agents, and an access token of every kind; the README lists them.</summary>
    public static void Demo(State state)
    {
        ArgumentNullException.ThrowIfNull(state);
        AddAccessTokens(state);
        AddProjects(state);
        AddAgents(state);
    }

    private static void AddAccessTokens(State state)
    {
        var today = DateOnly.FromDateTime(state.Now.UtcDateTime);
        state.AddAccessToken("glpat-maintainer");
        state.AddAccessToken("glpat-developer", role: Role.Developer);
        state.AddAccessToken("glpat-reporter", role: Role.Reporter);
        state.AddAccessToken("glpat-readonly", "read_api");
        state.AddAccessToken("glpat-noscope", "read_user");
        state.AddAccessToken("glpat-expiring", expiresAt: today.AddDays(3));
        state.AddAccessToken("glpat-expired", expiresAt: today.AddDays(-1));
        state.AddAccessToken("glcbt-job", type: AccessTokenType.CiJob);
        state.AddAccessToken("oauth-maintainer", type: AccessTokenType.OAuth);
        state.AddAccessToken("glpat-admin", role: Role.None, isAdmin: true);
    }

    private static void AddProjects(State state)
    {
        state.AddProject("group/old-name", description: "The application, and its agents");
        state.MoveProject("group/old-name", "group/app");
        state.AddProject("group/empty");
        state.AddProject("platform/infra", description: "Clusters");
        state.AddProject("platform/apps/web");
        state.AddProject("platform/apps/api");
        state.AddProject("platform/old", archived: true);
        state.AddProject("platform/secret", membersOnly: true);
        state.AddProject("Ünïcode/Pröjekt", description: "Umlauts in the path");
    }

    private static void AddAgents(State state)
    {
        DateTimeOffset now = state.Now;

        Agent prod = state.AddAgent("group/app", "prod");
        prod.CreatedAt = now.AddDays(-200);
        prod.Connections =
        [
            new AgentConnection { ConnectedAt = now.AddHours(-5), PodName = "prod-gitlab-agent-7d4b9" },
        ];
        Add(state, prod, "prod-2024", "The first", now.AddHours(-3), now.AddDays(-200));
        Add(state, prod, "prod-spare", null, null, now.AddDays(-20));
        state.RevokeToken(Add(state, prod, "prod-2023", "Leaked", now.AddDays(-190), now.AddDays(-199)).Id);

        Agent staging = state.AddAgent("group/app", "staging");
        staging.CreatedAt = now.AddDays(-90);
        staging.CreatedByUserId = null;
        Add(state, staging, "staging-1", "Unused for long", now.AddDays(-80), now.AddDays(-90));
        state.AddUrlConfiguration(staging, "grpcs://staging.example.com:4242", tlsHost: "staging.example.com");

        Agent cluster = state.AddAgent("platform/infra", "cluster-eu");
        cluster.CreatedAt = now.AddDays(-400);
        Add(state, cluster, "eu-1", "More than the two that are allowed today", now.AddMinutes(-10), now.AddDays(-400));
        Add(state, cluster, "eu-2", null, now.AddDays(-1), now.AddDays(-300));
        Add(state, cluster, "eu-3", null, null, now.AddDays(-299));
        state.AddAgent("platform/infra", "cluster-us");

        Add(state, state.AddAgent("platform/apps/web", "web"), "web-1", null, now.AddHours(-1), now.AddDays(-30));
        Add(state, state.AddAgent("platform/apps/api", "api"), "api-1", null, null, now.AddDays(-2));
        state.AddAgent("platform/old", "retired");
        Add(state, state.AddAgent("platform/secret", "hidden"), "hidden-1", null, null, now.AddDays(-2));
        Agent unicode = state.AddAgent("Ünïcode/Pröjekt", "unicode");
        Add(state, unicode, "ключ-🔑", "Schlüssel für «alles»", null, now.AddDays(-2));
    }

    private static StoredToken Add(
        State state,
        Agent agent,
        string name,
        string? description,
        DateTimeOffset? lastUsedAt,
        DateTimeOffset createdAt) =>
        state.AddToken(agent, name, description, lastUsedAt, createdAt: createdAt);
}
