using System;
using System.Collections.Generic;
using GitLabAgents.FakeGitLab;

namespace GitLabAgents.FaultMatrix;

/// <summary>One column of the matrix: something that goes wrong.</summary>
/// <param name="Name">What users would call it.</param>
/// <param name="Make">Makes the fault for a method; <see langword="null"/>: no server listens.</param>
/// <param name="Timeout">The session's time-out, where it matters.</param>
internal sealed record MatrixFault(string Name, Func<string, Fault>? Make, TimeSpan? Timeout = null)
{
    /// <summary>The time at which the clock of the matrix begins.</summary>
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(400);

    /// <summary>The faults.</summary>
    public static IReadOnlyList<MatrixFault> All { get; } =
    [
        new("429, wait given in seconds", _ => Fault.RateLimited(2)),
        new("429, wait given as a date", _ => Fault.RateLimited(Epoch.AddSeconds(2))),
        new("429, no wait given", _ => Fault.RateLimited(null)),
        new("500", _ => Fault.Status(500)),
        new("502, a proxy's HTML", _ => Fault.Html()),
        new("503, a proxy's HTML", _ => Fault.Html(503)),
        new("503, GitLab's maintenance mode", _ => Fault.Status(503)),
        new("504", _ => Fault.Status(504)),
        new("502 after GitLab acted", _ => Fault.Html().AfterActing()),
        new("connection reset before GitLab acted", _ => Fault.Reset()),
        new("connection reset after GitLab acted", _ => Fault.Reset().AfterActing()),
        new("connection reset amid the answer", _ => Fault.ResetMidBody()),
        new("answer ends early", _ => Fault.Truncate()),
        new("answer is half of its JSON", method => Fault.Body("[{\"id\":1,", status: method == "POST" ? 201 : 200).AfterActing()),
        new("a page of something else, with 200", _ => Fault.Html(200)),
        new("a page of something else, with 403", _ => Fault.Html(403)),
        new("a page of something else, with 404", _ => Fault.Html(404)),
        new("JSON that is not GitLab's, with 200", _ => Fault.Body("""{"status":"ok"}""")),
        new("JSON that is not GitLab's, with 404", _ => Fault.Body("""{"status":"not found"}""", status: 404)),
        new("no answer at all", _ => Fault.Hang(), Soon),
        new("answer slower than the time-out", _ => Fault.SlowBody(TimeSpan.FromSeconds(60)), Soon * 2),
        new("redirect to another host", _ => Fault.Redirect(302, "http://127.0.0.2:9/api/v4/")),
        new("connection refused", null),
    ];
}
