using System.Threading.Tasks;
using GraphQL.Validation;
using GraphQLParser.AST;

namespace GitLabAgents.FakeGitLab.GraphQLApi;

/// <summary>
/// Rejects queries that are too complex or too deep. It runs only if the query is otherwise valid.
/// </summary>
internal sealed class QueryLimitsRule : ValidationRuleBase
{
    private static readonly INodeVisitor Visitor =
        new MatchingNodeVisitor<GraphQLOperationDefinition>(static (operation, context) => Check(operation, context));

    public override ValueTask<INodeVisitor?> GetPostNodeVisitorAsync(ValidationContext context) => new(Visitor);

    private static void Check(GraphQLOperationDefinition operation, ValidationContext context)
    {
        if (operation != context.Operation)
        {
            return;
        }

        var query = (QueryContext)context.UserContext;
        (int score, int depth) = QueryComplexity.Measure(
            context.Document,
            operation,
            context.Schema,
            name => context.Variables.TryGetValue(name, out object? value) ? value : null);
        query.Complexity = score;
        int total = score + query.OtherComplexity;
        if (total > query.Limit)
        {
            context.ReportError(new QueryLimitError(
                $"Query has complexity of {total}, which exceeds max complexity of {query.Limit}"));
        }

        if (depth > QueryComplexity.MaxDepth)
        {
            context.ReportError(new QueryLimitError(
                $"Query has depth of {depth}, which exceeds max depth of {QueryComplexity.MaxDepth}"));
        }
    }
}

/// <summary>A query that is too complex or too deep. It has neither a place nor a code.</summary>
internal sealed class QueryLimitError(string message) : ValidationError(message);
