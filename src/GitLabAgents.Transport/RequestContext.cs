using System;
using System.Net.Http;

namespace GitLabAgents.Transport;

/// <summary>
/// The state of one request over all its attempts. It travels with the <see cref="HttpRequestMessage"/>.
/// </summary>
public sealed class RequestContext
{
    private const string Key = "GitLabAgents.RequestContext";

    private readonly object _gate = new();

    private bool _stopRequested;

    /// <summary>Gets or sets the callback for each delay before a retry: how long, and why.</summary>
    public Action<TimeSpan, string>? OnRetry { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the request only reads, whatever its method, and may be retried like a
    /// GET.
    /// </summary>
    public bool IsSafe { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the request is a GraphQL query, which GitLab may refuse to finish.
    /// </summary>
    public bool IsQuery { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the request is never retried, because the decision to send it would be
    /// out of date by then.
    /// </summary>
    public bool NoRetry { get; set; }

    /// <summary>
    /// Gets a value indicating whether the server may have processed an attempt that was retried: its response was
    /// lost, or a proxy responded in its place.
    /// </summary>
    public bool EarlierAttemptMayHaveSucceeded { get; internal set; }

    /// <summary>
    /// Gets a value indicating whether an attempt is in flight, so that the server may be processing it.
    /// </summary>
    public bool InFlight { get; private set; }

    /// <summary>Gets or sets a value indicating whether the current attempt has written the request's body.</summary>
    internal bool IsBodyWritten { get; set; }

    /// <summary>Gets or sets the time already spent waiting between attempts.</summary>
    internal TimeSpan RetryDelay { get; set; }

    /// <summary>Attaches this context to a request.</summary>
    /// <param name="request">The request, before it is sent.</param>
    public void AttachTo(HttpRequestMessage request) => PropertiesOf(request)[Key] = this;

    /// <summary>Prevents further attempts.</summary>
    /// <returns>Whether an attempt is in flight, so that its response is worth a short wait.</returns>
    public bool RequestStop()
    {
        lock (_gate)
        {
            _stopRequested = true;
            return InFlight;
        }
    }

    /// <summary>Starts an attempt.</summary>
    /// <exception cref="OperationCanceledException">A stop was requested before.</exception>
    internal void BeginAttempt()
    {
        lock (_gate)
        {
            if (_stopRequested)
            {
                throw new OperationCanceledException();
            }

            InFlight = true;
            IsBodyWritten = false;
        }
    }

    /// <summary>Ends an attempt that got a response or that failed.</summary>
    internal void EndAttempt() => InFlight = false;

    /// <summary>Gets the context that is attached to a request.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The context.</returns>
    internal static RequestContext Get(HttpRequestMessage request) => (RequestContext)PropertiesOf(request)[Key]!;

#pragma warning disable CS0618 // HttpRequestMessage.Options does not exist in .NET Standard 2.0.
    private static System.Collections.Generic.IDictionary<string, object?> PropertiesOf(HttpRequestMessage request)
        => request.Properties!;
#pragma warning restore CS0618
}
