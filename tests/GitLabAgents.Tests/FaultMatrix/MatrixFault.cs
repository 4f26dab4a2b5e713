using System;
using System.Collections.Generic;
using GitLabAgents.FakeGitLab;

namespace GitLabAgents.Tests.FaultMatrix;

/// <summary>A row of the matrix: a fault that the server or the network has.</summary>
/// <param name="Name">The name that the document shows.</param>
/// <param name="Create">Creates the fault for an HTTP method; <see langword="null"/> if no server listens.</param>
/// <param name="Timeout">The session's timeout, if it matters.</param>
internal sealed record MatrixFault(string Name, Func<string, Fault>? Create, TimeSpan? Timeout = null)
{
    /// <summary>The start time of the clock with which the matrix runs.</summary>
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly TimeSpan ShortTimeout = TimeSpan.FromMilliseconds(400);

    /// <summary>Gets the faults.</summary>
    public static IReadOnlyList<MatrixFault> All { get; } =
    [
        new("429, wait given in seconds", _ => Fault.RateLimited(2)),
        new("429, wait given as a date", _ => Fault.RateLimited(Epoch.AddSeconds(2))),
        new("429, no wait given", _ => Fault.RateLimited(null)),
        new("500", _ => Fault.Status(500)),
        new("502 with a proxy's HTML", _ => Fault.Html()),
        new("503 with a proxy's HTML", _ => Fault.Html(503)),
        new("503 of GitLab's maintenance mode", _ => Fault.Status(503)),
        new("504", _ => Fault.Status(504)),
        new("502 after GitLab acted", _ => Fault.Html().AfterActing()),
        new("connection reset before GitLab acted", _ => Fault.Reset()),
        new("connection reset after GitLab acted", _ => Fault.Reset().AfterActing()),
        new("connection reset within the response", _ => Fault.ResetMidBody()),
        new("response truncated", _ => Fault.Truncate()),
        new("response with incomplete JSON", CreateIncompleteJson),
        new("page of something else, with 200", _ => Fault.Html(200)),
        new("page of something else, with 403", _ => Fault.Html(403)),
        new("page of something else, with 404", _ => Fault.Html(404)),
        new("JSON that is not GitLab's, with 200", _ => Fault.Body("""{"status":"ok"}""")),
        new("JSON that is not GitLab's, with 404", _ => Fault.Body("""{"status":"not found"}""", status: 404)),
        new("no response", _ => Fault.Hang(), ShortTimeout),
        new("response slower than the timeout", _ => Fault.SlowBody(TimeSpan.FromSeconds(60)), ShortTimeout * 2),
        new("redirect to another host", _ => Fault.Redirect(302, "http://127.0.0.2:9/api/v4/")),
        new("connection refused", null),
    ];

    private static Fault CreateIncompleteJson(string method)
        => Fault.Body("[{\"id\":1,", status: method == "POST" ? 201 : 200).AfterActing();
}
