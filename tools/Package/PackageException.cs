using System;

namespace GitLabAgents.Packaging;

/// <summary>What is to be packaged is not in order; the message says what to mend.</summary>
public sealed class PackageException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is wrong.</param>
    public PackageException(string message)
        : base(message)
    {
    }
}
