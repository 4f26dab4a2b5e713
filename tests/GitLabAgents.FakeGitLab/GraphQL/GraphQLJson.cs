using System.Text.Encodings.Web;
using System.Text.Json;
using GraphQL;
using GraphQL.Execution;
using GraphQL.SystemTextJson;

namespace GitLabAgents.FakeGitLab.GraphQLApi;

/// <summary>Reads and writes GraphQL's JSON.</summary>
internal static class GraphQLJson
{
    private static readonly GraphQLSerializer Serializer = new(
        static options => options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, new PlainErrors());

    public static string Serialize(ExecutionResult result) => Serializer.Serialize(result);

    /// <summary>The variables of a request: an object, or its JSON as a string.</summary>
    public static Inputs ReadVariables(JsonElement request)
    {
        if (request.ValueKind != JsonValueKind.Object
            || !request.TryGetProperty("variables", out JsonElement variables))
        {
            return Inputs.Empty;
        }

        return (variables.ValueKind switch
        {
            JsonValueKind.Object => Serializer.ReadNode<Inputs>(variables),
            JsonValueKind.String => Serializer.Deserialize<Inputs>(variables.GetString()),
            _ => null,
        }) ?? Inputs.Empty;
    }

    /// <summary>Errors with the extensions that GitLab has, and no others.</summary>
    private sealed class PlainErrors : IErrorInfoProvider
    {
        public ErrorInfo GetInfo(ExecutionError executionError) => new()
        {
            Message = executionError.Message,
            Extensions = executionError.Extensions,
        };
    }
}
