using System;
using System.Threading;

namespace GitLabAgents;

/// <summary>
/// The exception for an operation that was canceled while it changed something. Its message says what to check.
/// </summary>
public sealed class OperationInterruptedException : OperationCanceledException
{
    internal OperationInterruptedException(string message, CancellationToken token)
        : base(DisplayText.Sanitize(message), token)
    {
    }
}
