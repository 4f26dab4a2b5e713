using System;
using System.Threading;

namespace GitLabAgents;

/// <summary>
/// The exception for a stop while something was being changed. Its message tells the user what to look at.
/// </summary>
public sealed class OperationInterruptedException : OperationCanceledException
{
    internal OperationInterruptedException(string message, CancellationToken token)
        : base(DisplayText.Sanitize(message), token)
    {
    }
}
