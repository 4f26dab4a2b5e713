using System;

namespace GitLabAgents;

/// <summary>Is told what a client does. Calls can come from any thread, several at once, and hold no secret.</summary>
public interface IGitLabObserver
{
    /// <summary>Something that is of interest to who looks closely.</summary>
    /// <param name="message">What, on one line.</param>
    void OnVerbose(string message);

    /// <summary>A request waits before it is tried again.</summary>
    /// <param name="delay">For how long.</param>
    /// <param name="reason">Why, on one line.</param>
    void OnRetry(TimeSpan delay, string reason);

    /// <summary>Work over many projects goes on.</summary>
    /// <param name="done">The projects that are done.</param>
    /// <param name="total">The projects there are, or <see langword="null"/> where the server does not count them.</param>
    /// <param name="found">The agents that were found in them.</param>
    void OnProgress(int done, int? total, int found);
}
