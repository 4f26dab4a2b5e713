using System;
using System.Threading;

namespace GitLabAgents;

/// <summary>A stop came while something was being changed. The message says what to look at, and is for the user's eyes.</summary>
public sealed class OperationInterruptedException : OperationCanceledException
{
    internal OperationInterruptedException(string message, CancellationToken token)
        : base(message, token)
    {
    }
}
