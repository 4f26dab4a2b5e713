namespace GitLabAgents;

/// <summary>One item of a list whose items are read singly: the item, or why it could not be read. The others go on.</summary>
/// <typeparam name="T">The kind of item.</typeparam>
public readonly struct ItemResult<T>
    where T : class
{
    internal ItemResult(T value)
    {
        Value = value;
        Error = null;
        Target = value;
    }

    internal ItemResult(GitLabApiException error, object subject)
    {
        Value = null;
        Error = error;
        Target = subject;
    }

    /// <summary>Gets the item, or <see langword="null"/> where it could not be read.</summary>
    public T? Value { get; }

    /// <summary>Gets why not, or <see langword="null"/>.</summary>
    public GitLabApiException? Error { get; }

    /// <summary>Gets what the error is about; the item itself where there is none.</summary>
    public object Target { get; }
}
