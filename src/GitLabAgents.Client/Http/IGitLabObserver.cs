using System;

namespace GitLabAgents;

/// <summary>
/// Observes what a client does. Calls can come from any thread, several at once, and hold neither a secret nor a
/// control character.
/// </summary>
public interface IGitLabObserver
{
    /// <summary>Reports a diagnostic message.</summary>
    /// <param name="message">The message, on one line.</param>
    void OnVerbose(string message);

    /// <summary>Reports that a request waits before it is retried.</summary>
    /// <param name="delay">How long.</param>
    /// <param name="reason">Why, on one line.</param>
    void OnRetry(TimeSpan delay, string reason);

    /// <summary>Reports the progress of work on many projects.</summary>
    /// <param name="done">The number of projects that are done.</param>
    /// <param name="total">The number of projects, or <see langword="null"/> if the server does not count them.</param>
    /// <param name="found">The number of agents that were found in them.</param>
    void OnProgress(int done, int? total, int found);
}
