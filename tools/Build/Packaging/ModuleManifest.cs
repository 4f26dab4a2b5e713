using System;
using System.Collections;
using System.Linq;
using System.Management.Automation.Language;

namespace GitLabAgents.Build.Packaging;

/// <summary>A module manifest (.psd1), read by PowerShell's own parser.</summary>
public sealed class ModuleManifest
{
    private readonly string _text;
    private readonly HashtableAst _ast;
    private readonly Hashtable _values;

    private ModuleManifest(string text, HashtableAst ast)
    {
        _text = text;
        _ast = ast;
        _values = (Hashtable)ast.SafeGetValue();
    }

    /// <summary>Parses a manifest.</summary>
    /// <param name="text">The text of the file.</param>
    /// <returns>The manifest.</returns>
    /// <exception cref="BuildException">The text is not one hashtable of constants.</exception>
    public static ModuleManifest Parse(string text)
    {
        ScriptBlockAst script = Parser.ParseInput(text, out _, out ParseError[] errors);
        if (errors.Length > 0)
        {
            throw Invalid(errors[0].Extent.StartLineNumber, errors[0].Message);
        }

        Ast[] statements = [.. script.EndBlock.Statements];
        if (statements is not [PipelineAst pipeline] || pipeline.GetPureExpression() is not HashtableAst hashtable)
        {
            throw Invalid(1, "A manifest must be a single hashtable.");
        }

        try
        {
            return new ModuleManifest(text, hashtable);
        }
        catch (InvalidOperationException e)
        {
            throw Invalid(hashtable.Extent.StartLineNumber, e.Message);
        }
    }

    /// <summary>Gets a string.</summary>
    /// <param name="path">The keys that lead to it, separated by dots.</param>
    /// <returns>The string, or <see langword="null"/> if the manifest has none there.</returns>
    public string? GetString(string path) => GetValue(path) as string;

    /// <summary>Gets a list of strings.</summary>
    /// <param name="path">The keys that lead to it, separated by dots.</param>
    /// <returns>The strings; none if the manifest has no such key.</returns>
    public string[] GetStrings(string path)
        => GetValue(path) switch
        {
            null => [],
            string text => [text],
            object[] items when items.All(static item => item is string) => [.. items.Cast<string>()],
            _ => throw new BuildException($"GitLabAgents.psd1: {path} must be a list of strings."),
        };

    /// <summary>Replaces a string and leaves the rest of the text, with its comments, as it is.</summary>
    /// <param name="path">The keys that lead to it, separated by dots.</param>
    /// <param name="value">The new string.</param>
    /// <returns>The new text of the manifest.</returns>
    public string WithString(string path, string value)
    {
        Ast? expression = _ast;
        foreach (string key in path.Split('.'))
        {
            expression = expression is HashtableAst table ? Find(table, key) : null;
        }

        if (expression is not StringConstantExpressionAst { Extent: var extent })
        {
            throw new BuildException($"GitLabAgents.psd1: {path} must be a quoted string.");
        }

        string quoted = $"'{CodeGeneration.EscapeSingleQuotedStringContent(value)}'";
        return $"{_text[..extent.StartOffset]}{quoted}{_text[extent.EndOffset..]}";
    }

    private static ExpressionAst? Find(HashtableAst table, string key)
        => table.KeyValuePairs
            .Where(pair => string.Equals(pair.Item1.SafeGetValue() as string, key, StringComparison.OrdinalIgnoreCase))
            .Select(static pair => (pair.Item2 as PipelineAst)?.GetPureExpression())
            .SingleOrDefault();

    private static BuildException Invalid(int line, string message)
        => new($"GitLabAgents.psd1, line {line}: {message}");

    private object? GetValue(string path)
        => path.Split('.').Aggregate((object?)_values, static (value, key) => (value as Hashtable)?[key]);
}
