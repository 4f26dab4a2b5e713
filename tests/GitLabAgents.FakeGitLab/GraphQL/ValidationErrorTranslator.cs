using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using GraphQL;
using GraphQL.Types;
using GraphQL.Validation;
using GraphQL.Validation.Errors;
using GraphQLParser.AST;

namespace GitLabAgents.FakeGitLab.GraphQLApi;

/// <summary>Translates validation errors into those of GitLab, with their message, path and extensions.</summary>
internal sealed partial class ValidationErrorTranslator(GraphQLDocument document, ISchema schema, Inputs variables)
{
    public ExecutionError Translate(ExecutionError error)
    {
        if (error is QueryLimitError or not ValidationError)
        {
            return error;
        }

        ASTNode? node = ((ValidationError)error).Nodes.LastOrDefault();
        return error switch
        {
            FieldsOnCorrectTypeError => UndefinedField(error, node),
            KnownArgumentNamesError => UnknownArgument(error, node),
            ProvidedNonNullArgumentsError => MissingArgument(error, node),
            ScalarLeafsError => SelectionMismatch(error, node),
            ArgumentsOfCorrectTypeError => InvalidArgument(error, node),
            NoUndefinedVariablesError undefined =>
                UndefinedVariable(error, undefined.Nodes.OfType<GraphQLVariable>().First()),
            NoUnusedVariablesError => UnusedVariable(error, ((ValidationError)error).Nodes.First()),
            VariableTypeError mismatch => VariableMismatch(mismatch),
            InvalidVariableError => InvalidVariable(error, node),
            _ => Create(error, error.Message, Position(node), []),
        };
    }

    private ExecutionError UndefinedField(ExecutionError error, ASTNode? node)
    {
        NodePosition position = Position(node);
        string field = position.Field!.Name.StringValue;
        return Create(error, $"Field '{field}' doesn't exist on type '{position.TypeName}'", position, new()
        {
            ["code"] = "undefinedField",
            ["typeName"] = position.TypeName,
            ["fieldName"] = field,
        });
    }

    private ExecutionError UnknownArgument(ExecutionError error, ASTNode? node)
    {
        NodePosition position = Position(node);
        string field = position.Field!.Name.StringValue;
        string argument = ((GraphQLArgument)node!).Name.StringValue;
        return Create(error, $"Field '{field}' doesn't accept argument '{argument}'", position, new()
        {
            ["code"] = "argumentNotAccepted",
            ["name"] = field,
            ["typeName"] = "Field",
            ["argumentName"] = argument,
        });
    }

    private ExecutionError MissingArgument(ExecutionError error, ASTNode? node)
    {
        NodePosition position = Position(node);
        string field = position.Field!.Name.StringValue;
        string argument = Quoted().Matches(error.Message).Select(static match => match.Groups[1].Value)
            .FirstOrDefault(name => name != field) ?? string.Empty;
        return Create(error, $"Field '{field}' is missing required arguments: {argument}", position, new()
        {
            ["code"] = "missingRequiredArguments",
            ["className"] = "Field",
            ["name"] = field,
            ["arguments"] = argument,
        });
    }

    private ExecutionError SelectionMismatch(ExecutionError error, ASTNode? node)
    {
        NodePosition? inner = DocumentLocator.Find(
            document, schema, item => item == node || (item as GraphQLField)?.SelectionSet == node);
        NodePosition position = inner ?? Position(null);
        string field = position.Field!.Name.StringValue;
        string type = (schema.AllTypes[position.TypeName!] as IComplexGraphType)?.Fields.Find(field)?.ResolvedType?
            .GetNamedType().Name ?? string.Empty;
        string message = position.Field.SelectionSet is null
            ? $"Field must have selections (field '{field}' returns {type} but has no selections. "
                + $"Did you mean '{field} {{ ... }}'?)"
            : $"Selections can't be made on scalars (field '{field}' returns {type} but has selections)";
        return Create(error, message, position, new()
        {
            ["code"] = "selectionMismatch",
            ["nodeName"] = $"field '{field}'",
            ["typeName"] = type,
        });
    }

    private ExecutionError InvalidArgument(ExecutionError error, ASTNode? node)
    {
        NodePosition position = Position(node);
        string field = position.Field!.Name.StringValue;
        string argument = ((GraphQLArgument)node!).Name.StringValue;
        return Create(error, $"Argument '{argument}' on Field '{field}' has an invalid value.", position, new()
        {
            ["code"] = "argumentLiteralsIncompatible",
            ["typeName"] = "Field",
            ["argumentName"] = argument,
        });
    }

    private ExecutionError UndefinedVariable(ExecutionError error, GraphQLVariable node)
    {
        NodePosition position = Position(node);
        string variable = node.Name.StringValue;
        return Create(error, $"Variable ${variable} is used by {position.Operation} but not declared", position, new()
        {
            ["code"] = "variableNotDefined",
            ["variableName"] = variable,
        });
    }

    private ExecutionError UnusedVariable(ExecutionError error, ASTNode node)
    {
        NodePosition position = Position(node);
        string variable = (node as GraphQLVariableDefinition)?.Variable.Name.StringValue ?? string.Empty;
        return Create(error, $"Variable ${variable} is declared by {position.Operation} but not used", position, new()
        {
            ["code"] = "variableNotUsed",
            ["variableName"] = variable,
        });
    }

    private ExecutionError VariableMismatch(VariableTypeError error)
    {
        NodePosition position = Position(error.Usage);
        string argument = position.Path[^1].ToString()!;
        return Create(
            error,
            $"Type mismatch on variable ${error.Variable} and argument {argument} "
                + $"({error.GivenType} / {error.WantedType})",
            position with { Path = position.Path.SkipLast(1).ToArray() },
            new()
            {
                ["code"] = "variableMismatch",
                ["variableName"] = error.Variable,
                ["typeName"] = error.GivenType,
                ["argumentName"] = argument,
                ["errorMessage"] = error.Message,
            });
    }

    /// <summary>A variable's value is invalid. GitLab reports these without a path and a code.</summary>
    private ExecutionError InvalidVariable(ExecutionError error, ASTNode? node)
    {
        var definition = (GraphQLVariableDefinition)node!;
        string name = definition.Variable.Name.StringValue;
        variables.TryGetValue(name, out object? value);
        string type = VariableTypeError.Print(definition.Type);
        string explanation = value is null
            ? "Expected value to not be null"
            : $"Could not coerce value {value} to {type.TrimEnd('!')}";
        return Create(error, $"Variable ${name} of type {type} was provided invalid value", null, new()
        {
            ["value"] = value,
            ["problems"] = new[]
            {
                new Dictionary<string, object> { ["path"] = Array.Empty<object>(), ["explanation"] = explanation },
            },
        });
    }

    private NodePosition Position(ASTNode? node) =>
        DocumentLocator.Find(document, schema, item => item == node)
        ?? new NodePosition(["query"], null, null, "query");

    private static ExecutionError Create(
        ExecutionError error,
        string message,
        NodePosition? position,
        Dictionary<string, object?> extensions)
    {
        var translated = new ExecutionError(message) { Path = position?.Path, Extensions = extensions };
        if (error.Locations?.FirstOrDefault() is { Line: > 0 } location)
        {
            translated.AddLocation(location);
        }

        return translated;
    }

    [GeneratedRegex("'([^']*)'")]
    private static partial Regex Quoted();
}
