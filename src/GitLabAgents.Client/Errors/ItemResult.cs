using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <summary>One item of a list whose items are read individually: the item, or why it could not be read.</summary>
/// <typeparam name="T">The type of the item.</typeparam>
public sealed class ItemResult<T>
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

    /// <summary>Gets why the item could not be read, or <see langword="null"/> if it was.</summary>
    public GitLabApiException? Error { get; }

    /// <summary>Gets the object of the error, or the item itself if there is no error.</summary>
    public object Target { get; }
}

/// <summary>Turns failures into results, so that one failing item does not end a list.</summary>
internal static class ItemResult
{
    /// <summary>Returns the result of a read, or its failure.</summary>
    public static async Task<ItemResult<T>> CaptureAsync<T>(object target, Func<Task<T>> read)
        where T : class
    {
        try
        {
            return new ItemResult<T>(await read().ConfigureAwait(false));
        }
        catch (GitLabApiException e)
        {
            return new ItemResult<T>(e, target);
        }
    }

    /// <summary>Returns the items of a sequence; a failure becomes the last result.</summary>
    public static async IAsyncEnumerable<ItemResult<T>> Capture<T>(
        object target,
        IAsyncEnumerable<ItemResult<T>> source,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
        where T : class
    {
        IAsyncEnumerator<ItemResult<T>> items = source.GetAsyncEnumerator(cancellationToken);
        await using (items.ConfigureAwait(false))
        {
            ItemResult<T>? failure = null;
            while (failure is null)
            {
                try
                {
                    if (!await items.MoveNextAsync().ConfigureAwait(false))
                    {
                        yield break;
                    }
                }
                catch (GitLabApiException e)
                {
                    failure = new ItemResult<T>(e, target);
                }

                yield return failure ?? items.Current;
            }
        }
    }
}
