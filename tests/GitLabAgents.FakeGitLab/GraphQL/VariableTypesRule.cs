using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using GraphQL.Types;
using GraphQL.Validation;
using GraphQLParser.AST;

namespace GitLabAgents.FakeGitLab.GraphQLApi;

/// <summary>
/// Rejects variables of another type than their argument's. The rule of GraphQL.NET accepts any two non-null types for
/// the same, so that <c>$path: String!</c> would pass where GitLab demands <c>ID!</c>.
/// </summary>
internal sealed class VariableTypesRule : ValidationRuleBase
{
    private static readonly INodeVisitor Visitor =
        new MatchingNodeVisitor<GraphQLOperationDefinition>(
            leave: static (operation, context) => Check(operation, context));

    public override ValueTask<INodeVisitor?> GetPreNodeVisitorAsync(ValidationContext context) => new(Visitor);

    private static void Check(GraphQLOperationDefinition operation, ValidationContext context)
    {
        List<GraphQLVariableDefinition> definitions = operation.Variables?.Items ?? [];
        foreach (VariableUsage usage in context.GetRecursiveVariables(operation) ?? [])
        {
            string name = usage.Node.Name.StringValue;
            GraphQLVariableDefinition? definition =
                definitions.FirstOrDefault(definition => definition.Variable.Name.StringValue == name);
            if (definition is not null
                && usage.Type is { } type
                && !IsAllowed(definition.Type, type, definition.DefaultValue is not null))
            {
                context.ReportError(new VariableTypeError(context, definition, usage.Node, type));
            }
        }
    }

    private static bool IsAllowed(GraphQLType variable, IGraphType location, bool hasDefault) =>
        (variable, location) switch
        {
            (GraphQLNonNullType given, NonNullGraphType wanted) => IsAllowed(given.Type, wanted.ResolvedType!, false),
            (_, NonNullGraphType wanted) => hasDefault && IsAllowed(variable, wanted.ResolvedType!, false),
            (GraphQLNonNullType given, _) => IsAllowed(given.Type, location, false),
            (GraphQLListType given, ListGraphType wanted) => IsAllowed(given.Type, wanted.ResolvedType!, false),
            (GraphQLNamedType given, not ListGraphType) => given.Name.StringValue == location.Name,
            _ => false,
        };
}

/// <summary>A variable of another type than its argument's.</summary>
internal sealed class VariableTypeError(
    ValidationContext context,
    GraphQLVariableDefinition definition,
    GraphQLVariable usage,
    IGraphType type)
    : ValidationError(context.Document.Source, null!, "Type mismatch", definition, usage)
{
    public GraphQLVariable Usage => usage;

    public string Variable => usage.Name.StringValue;

    public string GivenType { get; } = Print(definition.Type);

    public string WantedType { get; } = type.ToString()!;

    public static string Print(GraphQLType type) => type switch
    {
        GraphQLNonNullType nonNull => Print(nonNull.Type) + "!",
        GraphQLListType list => $"[{Print(list.Type)}]",
        _ => ((GraphQLNamedType)type).Name.StringValue,
    };
}
