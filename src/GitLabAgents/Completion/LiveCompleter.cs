using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Completion;

/// <summary>
/// Completes an argument with values from the server: within two seconds, without a prompt, and
/// without an error: a user who presses Tab wants a value or nothing.
/// </summary>
public abstract class LiveCompleter : IArgumentCompleter
{
    private const int MaxResults = 200;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    // A delegate, not an abstract method: the runtime loads the return type of an override together with its class, and
    // PowerShell loads the exported classes before the module can resolve IAsyncEnumerable<T> to its own assembly.
    private readonly CandidateSource _source;
    private readonly bool _completesAnyPart;

    /// <summary>Initializes a new instance of the <see cref="LiveCompleter"/> class.</summary>
    /// <param name="source">Lists the candidates.</param>
    /// <param name="completesAnyPart">Whether the word may be any part of a candidate, not only its beginning.</param>
    private protected LiveCompleter(CandidateSource source, bool completesAnyPart = false)
    {
        _source = source;
        _completesAnyPart = completesAnyPart;
    }

    /// <summary>Lists the candidates for an argument.</summary>
    /// <param name="client">The client.</param>
    /// <param name="bound">The other arguments of the command.</param>
    /// <param name="word">The part of the value that the user has typed, without quotes.</param>
    /// <param name="stop">Ends the listing.</param>
    private protected delegate IAsyncEnumerable<Candidate> CandidateSource(
        GitLabClient client, IDictionary bound, string word, CancellationToken stop);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        GitLabSession? session = GetValue(fakeBoundParameters, "Session") as GitLabSession ?? CurrentSession.Get();
        var results = new List<CompletionResult>();
        if (session is null)
        {
            return results;
        }

        string word = Unquote(wordToComplete);
        using var stop = new CancellationTokenSource();
        try
        {
            var client = new GitLabClient(session);
            IDictionary bound = ResolveCurrentRepository(fakeBoundParameters, session);
            Task.Run(() => CollectAsync(client, bound, word, results, stop.Token)).Wait(Timeout);
        }
        catch (AggregateException)
        {
            // What came before the failure is still worth offering.
        }
        catch (GitLabApiException)
        {
            // The current location is not in a repository of this GitLab.
        }
        finally
        {
            stop.Cancel();
        }

        lock (results)
        {
            return results.ToArray();
        }
    }

    /// <summary>Returns the project among the other arguments, or <see langword="null"/>.</summary>
    private protected static ProjectReference? GetProject(IDictionary bound)
        => ConvertTo<ProjectReference>(GetValue(bound, "Project"));

    /// <summary>Returns the agent among the other arguments, or <see langword="null"/>.</summary>
    private protected static AgentReference? GetAgent(IDictionary bound)
        => ConvertTo<AgentReference>(GetValue(bound, "Agent"));

    // The current location can only be read on the thread of the runspace, so before the listing begins.
    private static IDictionary ResolveCurrentRepository(IDictionary bound, GitLabSession session)
    {
        if (GetProject(bound) is not { IsCurrentRepository: true })
        {
            return bound;
        }

        using var shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
        PathInfo location = shell.AddCommand("Microsoft.PowerShell.Management\\Get-Location")
            .AddParameter("PSProvider", "FileSystem").Invoke<PathInfo>()[0];
        return new Hashtable(bound, StringComparer.OrdinalIgnoreCase)
        {
            ["Project"] = GitRemoteProject.Resolve(location.ProviderPath, session),
        };
    }

    private static T? ConvertTo<T>(object? value)
        where T : class
        => value is not null && LanguagePrimitives.TryConvertTo(value, CultureInfo.InvariantCulture, out T result)
            ? result
            : null;

    private static object? GetValue(IDictionary bound, string name)
        => bound?[name] is { } value ? (value as PSObject)?.BaseObject ?? value : null;

    private static string Unquote(string? word) => (word ?? string.Empty).Trim('\'', '"');

    // As PowerShell itself writes an argument: quoted where it must be.
    private static string Quote(string text)
    {
        bool plain = text.Length > 0;
        foreach (char c in text)
        {
            plain &= char.IsLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or '\\' or ':' or '*' or '`' or '+';
        }

        return plain && text[0] != '-' && !text.Contains("`")
            ? text
            : $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";
    }

    private async Task CollectAsync(
        GitLabClient client,
        IDictionary bound,
        string word,
        List<CompletionResult> results,
        CancellationToken stop)
    {
        await foreach (Candidate candidate in _source(client, bound, word, stop).ConfigureAwait(false))
        {
            int index = candidate.Text.IndexOf(word, StringComparison.OrdinalIgnoreCase);
            if (_completesAnyPart ? index < 0 : index != 0)
            {
                continue;
            }

            var result = new CompletionResult(
                Quote(candidate.Text), candidate.Label, CompletionResultType.ParameterValue, candidate.ToolTip);
            lock (results)
            {
                results.Add(result);
                if (results.Count == MaxResults)
                {
                    return;
                }
            }
        }
    }

    /// <summary>One value to offer.</summary>
    private protected readonly struct Candidate(string text, string label, string toolTip)
    {
        /// <summary>Gets the text to insert on the command line.</summary>
        public string Text { get; } = text;

        /// <summary>Gets the text that the list shows, without control characters.</summary>
        public string Label { get; } = DisplayText.Sanitize(label);

        /// <summary>Gets the description, without control characters.</summary>
        public string ToolTip { get; } = DisplayText.Sanitize(toolTip);
    }
}
