using System;
using System.Collections.Generic;
using System.Linq;
using GraphQL;
using GraphQL.Types;
using GraphQLParser.AST;

namespace GitLabAgents.FakeGitLab.GraphQLApi;

/// <summary>
/// Where a node is in a query: the path as GitLab writes it, and the type and field that it belongs to.
/// </summary>
internal sealed record NodePosition(
    IReadOnlyList<object> Path,
    string? TypeName,
    GraphQLField? Field,
    string Operation);

/// <summary>Finds nodes in a query.</summary>
internal static class DocumentLocator
{
    /// <summary>Finds the first node for which this is true.</summary>
    public static NodePosition? Find(GraphQLDocument document, ISchema schema, Predicate<ASTNode> isWanted)
    {
        foreach (ASTNode definition in document.Definitions)
        {
            (string name, string description, GraphQLSelectionSet? selections, IGraphType? type) = definition switch
            {
                GraphQLOperationDefinition { Name: { } named } operation =>
                    ($"query {named.StringValue}", named.StringValue, operation.SelectionSet, schema.Query),
                GraphQLOperationDefinition operation =>
                    ("query", "anonymous query", operation.SelectionSet, schema.Query),
                GraphQLFragmentDefinition fragment => (
                    $"fragment {fragment.FragmentName.Name.StringValue}",
                    fragment.FragmentName.Name.StringValue,
                    fragment.SelectionSet,
                    schema.AllTypes[fragment.TypeCondition.Type.Name.StringValue]),
                _ => (string.Empty, string.Empty, null, (IGraphType?)null),
            };
            var root = new NodePosition([name], null, null, description);
            bool isRoot = isWanted(definition)
                || (definition as GraphQLOperationDefinition)?.Variables?.Items.Any(item => isWanted(item)) == true;
            if (isRoot)
            {
                return root;
            }

            if (selections is not null && Find(selections, type, root, schema, isWanted) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private static NodePosition? Find(
        GraphQLSelectionSet selections,
        IGraphType? type,
        NodePosition parent,
        ISchema schema,
        Predicate<ASTNode> isWanted)
    {
        foreach (ASTNode node in selections.Selections)
        {
            NodePosition? found = node switch
            {
                GraphQLField field => Find(field, type, parent, schema, isWanted),
                GraphQLInlineFragment inline => Find(inline.SelectionSet, type, parent, schema, isWanted),
                _ => isWanted(node) ? parent : null,
            };
            if (found is not null)
            {
                return found;
            }
        }

        return null;
    }

    private static NodePosition? Find(
        GraphQLField field,
        IGraphType? type,
        NodePosition parent,
        ISchema schema,
        Predicate<ASTNode> isWanted)
    {
        string key = (field.Alias?.Name ?? field.Name).StringValue;
        var position = new NodePosition([.. parent.Path, key], type?.Name, field, parent.Operation);
        if (isWanted(field))
        {
            return position;
        }

        foreach (GraphQLArgument argument in field.Arguments?.Items ?? [])
        {
            if (isWanted(argument) || isWanted(argument.Value))
            {
                return position with { Path = [.. position.Path, argument.Name.StringValue] };
            }
        }

        IGraphType? fieldType = (type as IComplexGraphType)?.Fields.Find(field.Name.StringValue)?.ResolvedType;
        return field.SelectionSet is { } selections
            ? Find(selections, fieldType?.GetNamedType(), position, schema, isWanted)
            : null;
    }
}
