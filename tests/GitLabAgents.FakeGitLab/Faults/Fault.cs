using System;
using System.Collections.Generic;
using System.Text.RegularExpressions;

namespace GitLabAgents.FakeGitLab;

/// <summary>
/// A fault of the server. Create one with a factory, narrow it with <see cref="On" /> and <see cref="Where" />,
/// and add it to <see cref="FakeGitLabServer.Faults" />. It affects one request unless it is configured otherwise.
/// </summary>
public sealed partial class Fault
{
    /// <summary>What it does.</summary>
    public FaultKind Kind { get; init; }

    /// <summary>Only requests with this method; null: any.</summary>
    public string? Method { get; set; }

    /// <summary>Only requests whose raw target contains this; null: any.</summary>
    public string? PathContains { get; set; }

    /// <summary>Only requests whose raw target matches this regular expression; null: any.</summary>
    public string? PathMatches { get; set; }

    /// <summary>Only requests for which this is true; null: any.</summary>
    public Func<RecordedRequest, bool>? Predicate { get; set; }

    /// <summary>How many requests it strikes; <see cref="int.MaxValue" />: all.</summary>
    public int Times { get; set; } = 1;

    /// <summary>How many matching requests pass first.</summary>
    public int SkipFirst { get; set; }

    /// <summary>Whether the server acts first.</summary>
    public FaultMoment When { get; set; }

    /// <summary>
    /// How long to wait before striking, or, with <see cref="FaultKind.SlowBody" />, how long the body takes.
    /// </summary>
    public TimeSpan Wait { get; set; }

    /// <summary>The status of the response.</summary>
    public int StatusCode { get; init; } = 200;

    /// <summary>The body of the response.</summary>
    public byte[] Content { get; init; } = [];

    /// <summary>The content type of the response; null: none.</summary>
    public string? ContentType { get; init; }

    /// <summary>Headers to send; with a null value, to remove.</summary>
    public IDictionary<string, string?> Headers { get; } =
        new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);

    /// <summary>How many bytes of garbage.</summary>
    public long Length { get; init; }

    /// <summary>How many requests it struck.</summary>
    public int Hits { get; internal set; }

    /// <summary>How many matching requests there were, struck or not.</summary>
    public int Matches { get; internal set; }

    /// <summary>Whether it struck as often as it may.</summary>
    public bool Exhausted => Hits >= Times;

    /// <summary>
    /// Strikes only requests with this method (null: any) whose raw target contains this text (null: any).
    /// </summary>
    public Fault On(string? method, string? pathContains = null)
    {
        Method = method;
        PathContains = pathContains;
        return this;
    }

    /// <summary>Strikes only requests whose raw target matches this regular expression.</summary>
    public Fault Matching(string pathPattern)
    {
        PathMatches = pathPattern;
        return this;
    }

    /// <summary>Strikes only requests for which this is true. It may change the state.</summary>
    public Fault Where(Func<RecordedRequest, bool> predicate)
    {
        Predicate = predicate;
        return this;
    }

    /// <summary>Strikes once.</summary>
    public Fault Once() => Repeat(1);

    /// <summary>Strikes that often.</summary>
    public Fault Repeat(int times)
    {
        Times = times;
        return this;
    }

    /// <summary>Strikes always.</summary>
    public Fault Always() => Repeat(int.MaxValue);

    /// <summary>Lets that many matching requests pass first.</summary>
    public Fault Skip(int count)
    {
        SkipFirst = count;
        return this;
    }

    /// <summary>The server acts on its state, then fails.</summary>
    public Fault AfterActing()
    {
        When = FaultMoment.AfterAction;
        return this;
    }

    /// <summary>Waits before it strikes.</summary>
    public Fault After(TimeSpan wait)
    {
        Wait = wait;
        return this;
    }

    /// <summary>Adds a header to the response.</summary>
    public Fault WithHeader(string name, string? value)
    {
        Headers[name] = value;
        return this;
    }

    internal bool IsFor(RecordedRequest request) =>
        (Method is null || Method.Equals(request.Method, StringComparison.OrdinalIgnoreCase))
        && (PathContains is null || request.RawTarget.Contains(PathContains, StringComparison.Ordinal))
        && (PathMatches is null || Regex.IsMatch(request.RawTarget, PathMatches))
        && (Predicate is null || Predicate(request));
}
