using System;
using System.Net.Http;
using System.Threading.Tasks;

namespace GitLabAgents.Tests;

/// <summary>Responses of GraphQL with the connections of agent 11.</summary>
internal static class ConnectionResponses
{
    public const string One =
        """
        {"nodes":[{"connectedAt":"2026-01-02T03:04:05Z",
          "metadata":{"version":"18.5.0","podName":"p","podNamespace":"n"}}]}
        """;
    public const string None = """{"nodes":[]}""";
    public const string Used =
        """
        {"nodes":[
          {"id":"gid://gitlab/T/1","status":"ACTIVE","lastUsedAt":null},
          {"id":"gid://gitlab/T/2","status":"ACTIVE","lastUsedAt":"2025-12-01T00:00:00Z"},
          {"id":"gid://gitlab/T/3","status":"ACTIVE","lastUsedAt":"2025-01-01T00:00:00Z"}]}
        """;
    public const string Unused = """{"nodes":[{"id":"gid://gitlab/T/1","status":"ACTIVE","lastUsedAt":null}]}""";
    public const string Maintainer = "\"archived\":false,\"userPermissions\":{\"adminProject\":true}";

    /// <summary>Reads the connections of an agent from a response.</summary>
    public static Task<AgentConnection> ReadAsync(string response)
        => TestClients.CreateClient(CreateHandler(_ => TestClients.Json(response))).GetConnectionAsync(101, 11);

    /// <summary>Creates a handler that returns an agent, and responds to queries.</summary>
    public static FakeHandler CreateHandler(Func<SentRequest, HttpResponseMessage> respond)
        => new(request => request.Method == "GET" ? TestClients.Json(TestClients.Agent(11)) : respond(request));

    /// <summary>Creates a response with the connections and tokens of an agent.</summary>
    public static string Response(
        string connections, string tokens, string permissions = Maintainer, string? errors = null)
    {
        string agent = $$"""
            {"id":"gid://gitlab/Clusters::Agent/11","name":"a11",
             "connections":{{connections}},"tokens":{{tokens}}}
            """;
        string tail = errors is null ? string.Empty : $""","errors":[{errors}]""";
        string project = $$"""{"id":"gid://gitlab/Project/101",{{permissions}},"clusterAgent":{{agent}}}""";
        return $$"""{"data":{"project":{{project}}}{{tail}}}""";
    }
}
