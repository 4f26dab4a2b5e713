namespace GitLabAgents;

/// <summary>
/// One item of a list whose items are read one at a time: the item, or why it could not be read. An error does not end
/// the list.
/// </summary>
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

    internal ItemResult(GitLabApiException error, object target)
    {
        Value = null;
        Error = error;
        Target = target;
    }

    /// <summary>Gets the item, or <see langword="null"/> if it could not be read.</summary>
    public T? Value { get; }

    /// <summary>Gets why it could not be read, or <see langword="null"/>.</summary>
    public GitLabApiException? Error { get; }

    /// <summary>Gets what the error is about, or the item itself if there is no error.</summary>
    public object Target { get; }
}
