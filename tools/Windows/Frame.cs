namespace GitLabAgents.Windows;

/// <summary>What follows in the stream from the server to the client.</summary>
internal enum Frame
{
    /// <summary>The exit code, at the end.</summary>
    Exit,

    /// <summary>A length and bytes of standard output.</summary>
    Output,

    /// <summary>A length and bytes of standard error.</summary>
    Error,
}
