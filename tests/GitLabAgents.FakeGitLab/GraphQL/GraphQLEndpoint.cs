using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;
using GitLabAgents.FakeGitLab.Rest;
using GraphQL;
using GraphQL.Types;
using GraphQL.Validation;
using GraphQL.Validation.Rules;
using GraphQLParser;
using GraphQLParser.AST;
using GraphQLParser.Exceptions;

namespace GitLabAgents.FakeGitLab.GraphQLApi;

/// <summary><c>POST /api/graphql</c>: one query, or a JSON array of them.</summary>
internal static class GraphQLEndpoint
{
    private static readonly DocumentExecuter Executer = new();

    private static readonly IReadOnlyList<IValidationRule> Rules =
    [
        .. DocumentValidator.CoreRules.Where(static rule => rule is not VariablesInAllowedPosition),
        new VariableTypesRule(),
        new QueryLimitsRule(),
    ];

    /// <summary>The response of GraphQL to an unknown access token, and to one without the scope.</summary>
    public static ApiResponse InvalidToken => Reject(401, "Invalid token");

    public static ApiResponse Timeout => Reject(503, Fault.GraphQLTimeoutMessage);

    public static ApiResponse Reject(int status, string message) =>
        Respond(status, GraphQLJson.Serialize(new ExecutionResult { Errors = [new ExecutionError(message)] }), default);

    /// <summary>The page of whatever blocks GraphQL on the way, or null.</summary>
    public static ApiResponse? RespondBlocked(FakeGitLabOptions options)
    {
        int? status = options.GraphQL switch
        {
            GraphQLAvailability.Html => 200,
            GraphQLAvailability.HtmlNotFound => 404,
            GraphQLAvailability.Forbidden => 403,
            _ => null,
        };
        return status is { } code ? ApiResponse.Text(code, ForeignPages.Block(code), "text/html") : null;
    }

    public static ApiResponse Execute(RequestContext context)
    {
        List<Query> queries;
        bool isArray;
        try
        {
            using JsonDocument body = JsonDocument.Parse(context.Request.Body);
            isArray = body.RootElement.ValueKind == JsonValueKind.Array;
            queries = isArray
                ? [.. body.RootElement.EnumerateArray().Select(Query.Read)]
                : [Query.Read(body.RootElement)];
        }
        catch (JsonException)
        {
            return ApiResponse.Text(400, "Bad Request", "text/plain");
        }

        if (queries.Sum(static query => query.Text.Length) > QueryComplexity.MaxQueryLength)
        {
            return Reject(422, "Query too large");
        }

        ISchema schema = SchemaFactory.For(context.Features);
        int[] scores = isArray ? [.. queries.Select(query => query.Measure(schema))] : [0];
        QueryContext[] contexts =
        [
            .. scores.Select(score => new QueryContext(context) { OtherComplexity = scores.Sum() - score }),
        ];
        string[] results = [.. queries.Select((query, index) => Run(query, schema, contexts[index]))];
        if (contexts.Any(static query => query.IsBroken))
        {
            return Reject(500, "Internal server error");
        }

        TimeSpan latency = context.Options.LatencyPerComplexityPoint * contexts.Sum(static query => query.Complexity);
        return latency > context.Options.GraphQLTimeout
            ? Respond(503, Timeout.Body, context.Options.GraphQLTimeout)
            : Respond(200, isArray ? "[" + string.Join(',', results) + "]" : results[0], latency);
    }

    private static string Run(Query query, ISchema schema, QueryContext context)
    {
        if (query.Text.Length == 0)
        {
            return GraphQLJson.Serialize(
                new ExecutionResult { Errors = [new ExecutionError("No query string was present")] });
        }

        if (query.Document is not { } document)
        {
            return GraphQLJson.Serialize(new ExecutionResult { Errors = [query.SyntaxError!] });
        }

        // Every resolver is synchronous, so this completes on the thread that holds the state's lock.
        ExecutionResult result = Executer.ExecuteAsync(new ExecutionOptions
        {
            Schema = schema,
            Document = document,
            OperationName = query.OperationName,
            Variables = query.Variables,
            UserContext = context,
            Root = context,
            ValidationRules = Rules,
            ThrowOnUnhandledException = true,
        }).GetAwaiter().GetResult();
        if (!result.Executed && result.Errors is { } errors)
        {
            var translator = new ValidationErrorTranslator(document, schema, query.Variables);
            result.Errors = [];
            result.Errors.AddRange(errors.Select(translator.Translate));
        }

        return GraphQLJson.Serialize(result);
    }

    private static ApiResponse Respond(int status, string json, TimeSpan latency) =>
        Respond(status, Encoding.UTF8.GetBytes(json), latency);

    private static ApiResponse Respond(int status, ReadOnlyMemory<byte> json, TimeSpan latency) => new()
    {
        Status = status,
        ContentType = "application/json; charset=utf-8",
        Body = json,
        Latency = latency,
    };

    /// <summary>A query as it came, parsed.</summary>
    private sealed class Query
    {
        private Query(JsonElement json)
        {
            Text = Read(json, "query") ?? string.Empty;
            OperationName = Read(json, "operationName");
            Variables = GraphQLJson.ReadVariables(json);
            try
            {
                Document = Parser.Parse(Text);
            }
            catch (GraphQLParserException exception)
            {
                SyntaxError = new ExecutionError(
                    $"{exception.Description} at [{exception.Location.Line}, {exception.Location.Column}]");
                SyntaxError.AddLocation(exception.Location);
            }
        }

        public string Text { get; }

        public string? OperationName { get; }

        public Inputs Variables { get; }

        public GraphQLDocument? Document { get; }

        public ExecutionError? SyntaxError { get; }

        public static Query Read(JsonElement json) => new(json);

        public int Measure(ISchema schema) =>
            Document?.Definitions.OfType<GraphQLOperationDefinition>().FirstOrDefault() is { } operation
                ? QueryComplexity.Measure(
                    Document,
                    operation,
                    schema,
                    name => Variables.TryGetValue(name, out object? value) ? value : null).Score
                : 0;

        private static string? Read(JsonElement json, string name) =>
            json.ValueKind == JsonValueKind.Object
            && json.TryGetProperty(name, out JsonElement value)
            && value.ValueKind == JsonValueKind.String
                ? value.GetString()
                : null;
    }
}
