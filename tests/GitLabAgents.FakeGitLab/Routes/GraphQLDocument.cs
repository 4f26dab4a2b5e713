using System;
using System.Collections.Generic;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace GitLabAgents.FakeGitLab.Routes;

/// <summary>A field that a GraphQL query selects.</summary>
internal sealed record GraphQLField(string Key, string Name, IReadOnlyDictionary<string, string?> Arguments, IReadOnlyList<GraphQLField> Fields);

/// <summary>Reads the part of GraphQL that a simple query needs: fields, aliases, arguments, variables. No fragments, no directives.</summary>
internal sealed partial class GraphQLDocument
{
    private readonly List<string> words = [];
    private readonly Dictionary<string, string?> variables = new(StringComparer.Ordinal);
    private int position;

    private GraphQLDocument(string query, JsonElement? given)
    {
        foreach (Match match in Word().Matches(query))
        {
            words.Add(match.Value);
        }

        if (given is { ValueKind: JsonValueKind.Object } values)
        {
            foreach (JsonProperty variable in values.EnumerateObject())
            {
                variables["$" + variable.Name] = variable.Value.ValueKind == JsonValueKind.Null ? null : variable.Value.ToString();
            }
        }
    }

    /// <summary>The fields at the top of the query.</summary>
    /// <exception cref="FormatException">It cannot be read.</exception>
    public static IReadOnlyList<GraphQLField> Parse(string query, JsonElement? variables)
    {
        var document = new GraphQLDocument(query, variables);
        if (document.Peek() == "query")
        {
            document.ReadHead();
        }

        return document.ReadFields();
    }

    [GeneratedRegex("""#[^\n]*|\.\.\.|"(?:[^"\\]|\\.)*"|\$?[A-Za-z_][A-Za-z0-9_]*|-?[0-9.]+|[^\s,]""")]
    private static partial Regex Word();

    private void ReadHead()
    {
        Next();
        string variable = string.Empty;
        while (Peek() != "{")
        {
            string word = Next();
            if (word.StartsWith('$'))
            {
                variable = word;
            }
            else if (word == "=" && ReadValue() is var standard)
            {
                variables.TryAdd(variable, standard);
            }
        }
    }

    private List<GraphQLField> ReadFields()
    {
        List<GraphQLField> fields = [];
        Expect("{");
        while (Peek() != "}")
        {
            string key = Next();
            if (!char.IsLetter(key[0]) && key[0] != '_')
            {
                throw new FormatException($"Expected a name, got '{key}'.");
            }

            string name = key;
            if (Peek() == ":")
            {
                Next();
                name = Next();
            }

            IReadOnlyDictionary<string, string?> arguments = ReadArguments();
            fields.Add(new GraphQLField(key, name, arguments, Peek() == "{" ? ReadFields() : []));
        }

        Expect("}");
        return fields;
    }

    private Dictionary<string, string?> ReadArguments()
    {
        Dictionary<string, string?> arguments = [];
        if (Peek() != "(")
        {
            return arguments;
        }

        Next();
        while (Peek() != ")")
        {
            string name = Next();
            Expect(":");
            arguments[name] = ReadValue();
        }

        Expect(")");
        return arguments;
    }

    private string? ReadValue()
    {
        string word = Next();
        return word switch
        {
            "null" => null,
            ['"', ..] => JsonSerializer.Deserialize<string>(word),
            ['$', ..] => variables.GetValueOrDefault(word),
            _ => word,
        };
    }

    private void Expect(string word)
    {
        if (Next() is var found && found != word)
        {
            throw new FormatException($"Expected '{word}', got '{found}'.");
        }
    }

    private string Peek()
    {
        while (position < words.Count && words[position][0] == '#')
        {
            position++;
        }

        return position < words.Count ? words[position] : throw new FormatException("Unexpected end of document");
    }

    private string Next()
    {
        string word = Peek();
        position++;
        return word;
    }
}
