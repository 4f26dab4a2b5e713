using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using GraphQL.Types;
using GraphQLParser;
using GraphQLParser.AST;

namespace GitLabAgents.FakeGitLab.GraphQLApi;

/// <summary>
/// What a query costs by GitLab's formula, and its limits. Tests of a client can compute the complexity of its queries.
/// </summary>
public sealed class QueryComplexity
{
    /// <summary>The highest complexity for a signed-in user.</summary>
    public const int UserLimit = 250;

    /// <summary>The highest complexity for an administrator.</summary>
    public const int AdministratorLimit = 300;

    /// <summary>The highest complexity without an access token.</summary>
    public const int AnonymousLimit = 200;

    /// <summary>The most levels of fields.</summary>
    public const int MaxDepth = 20;

    /// <summary>The most characters of a query, or of all queries of a request.</summary>
    public const int MaxQueryLength = 10_000;

    /// <summary>The largest page, and the size of a page without <c>first</c> and <c>last</c>.</summary>
    public const int MaxPageSize = 100;

    private const int ConnectionsBase = 5;
    private const int GroupProjectsBase = 11;
    private const int SearchSurcharge = 5;

    private readonly ISchema schema;
    private readonly Dictionary<string, GraphQLFragmentDefinition> fragments;
    private readonly Func<string, object?> findVariable;

    private QueryComplexity(GraphQLDocument document, ISchema schema, Func<string, object?> findVariable)
    {
        this.schema = schema;
        this.findVariable = findVariable;
        fragments = document.Definitions.OfType<GraphQLFragmentDefinition>()
            .ToDictionary(static fragment => fragment.FragmentName.Name.StringValue, StringComparer.Ordinal);
    }

    /// <summary>Computes the complexity of a query against the newest schema.</summary>
    /// <param name="query">The query, with one operation.</param>
    /// <param name="variables">The variables; null: none, so that <c>first: $n</c> counts as absent.</param>
    public static int Compute(string query, IReadOnlyDictionary<string, object?>? variables = null)
    {
        GraphQLDocument document = Parser.Parse(query);
        return Measure(
            document,
            document.Definitions.OfType<GraphQLOperationDefinition>().Single(),
            SchemaFactory.Newest,
            name => variables?.GetValueOrDefault(name)).Score;
    }

    internal static (int Score, int Depth) Measure(
        GraphQLDocument document,
        GraphQLOperationDefinition operation,
        ISchema schema,
        Func<string, object?> findVariable)
    {
        var complexity = new QueryComplexity(
            document, schema, name => findVariable(name) ?? DefaultOf(operation, name));
        return complexity.Of([operation.SelectionSet], schema.Query);
    }

    private static GraphQLValue? DefaultOf(GraphQLOperationDefinition operation, string name) =>
        operation.Variables?.Items.FirstOrDefault(variable => variable.Variable.Name.StringValue == name)?.DefaultValue;

    private (int Score, int Depth) Of(IEnumerable<GraphQLSelectionSet> selections, IComplexGraphType? parent)
    {
        int score = 0;
        int depth = 0;
        foreach (List<GraphQLField> merged in Merge(selections))
        {
            GraphQLField field = merged[0];
            string name = field.Name.StringValue;
            IGraphType? type = Unwrap(parent?.Fields.Find(name)?.ResolvedType);
            (int childScore, int childDepth) = Of(
                merged.Select(static item => item.SelectionSet).OfType<GraphQLSelectionSet>(),
                type as IComplexGraphType);
            score += Score(field, parent?.Name, type, childScore);
            depth = Math.Max(depth, childDepth + 1);
        }

        return (score, depth);
    }

    private int Score(GraphQLField field, string? parent, IGraphType? type, int child)
    {
        string name = field.Name.StringValue;
        if (type?.Name.EndsWith("Connection", StringComparison.Ordinal) != true)
        {
            return 1 + child;
        }

        if (name == "connections")
        {
            return ConnectionsBase + child;
        }

        int own = (parent, name) == ("Group", "projects") ? GroupProjectsBase : 1;
        own += Argument(field, "sort") is null ? 0 : 1;
        own += Argument(field, "search") is null ? 0 : SearchSurcharge;
        int pageSize = Math.Min(Integer(field, "first"), Integer(field, "last"));
        return own + child + ((own + child) * pageSize / 100);
    }

    /// <summary>
    /// The fields of these selections and of the fragments in them; those with the same key together.
    /// </summary>
    private List<List<GraphQLField>> Merge(IEnumerable<GraphQLSelectionSet> selections)
    {
        var order = new List<List<GraphQLField>>();
        var byKey = new Dictionary<string, List<GraphQLField>>(StringComparer.Ordinal);
        foreach (GraphQLField field in selections.SelectMany(Fields))
        {
            string key = (field.Alias?.Name ?? field.Name).StringValue;
            if (!byKey.TryGetValue(key, out List<GraphQLField>? fields))
            {
                byKey.Add(key, fields = []);
                order.Add(fields);
            }

            fields.Add(field);
        }

        return order;
    }

    private IEnumerable<GraphQLField> Fields(GraphQLSelectionSet selections) =>
        selections.Selections.SelectMany(Fields);

    private IEnumerable<GraphQLField> Fields(ASTNode node) => node switch
    {
        GraphQLField field => [field],
        GraphQLInlineFragment inline => Fields(inline.SelectionSet),
        GraphQLFragmentSpread spread
            when fragments.TryGetValue(spread.FragmentName.Name.StringValue, out GraphQLFragmentDefinition? fragment) =>
            Fields(fragment.SelectionSet),
        _ => [],
    };

    private int Integer(GraphQLField field, string argument) => Argument(field, argument) switch
    {
        null => MaxPageSize,
        GraphQLIntValue literal => Clamp(int.Parse(literal.Value, NumberStyles.Integer, CultureInfo.InvariantCulture)),
        JsonElement { ValueKind: JsonValueKind.Number } json => Clamp(json.GetInt32()),
        IConvertible value => Clamp(value.ToInt32(CultureInfo.InvariantCulture)),
        _ => MaxPageSize,
    };

    private object? Argument(GraphQLField field, string name)
    {
        GraphQLValue? value = field.Arguments?.Items
            .FirstOrDefault(argument => argument.Name.StringValue == name)?.Value;
        return value switch
        {
            GraphQLVariable variable when findVariable(variable.Name.StringValue) is var found => found,
            GraphQLNullValue => null,
            _ => value,
        };
    }

    private static int Clamp(int pageSize) => Math.Clamp(pageSize, 0, MaxPageSize);

    private static IGraphType? Unwrap(IGraphType? type) => type switch
    {
        NonNullGraphType nonNull => Unwrap(nonNull.ResolvedType),
        ListGraphType list => Unwrap(list.ResolvedType),
        _ => type,
    };
}
