using System;
using System.Net.Http;

namespace GitLabAgents.Transport;

/// <summary>What one request learns on its way, over all its tries. It travels with the <see cref="HttpRequestMessage"/>.</summary>
public sealed class RequestContext
{
    private const string Key = "GitLabAgents.RequestContext";

    private readonly object _gate = new();

    private bool _stopRequested;

    /// <summary>Gets or sets who is told of a wait before the next try: how long, and why.</summary>
    public Action<TimeSpan, string>? OnRetry { get; set; }

    /// <summary>Gets or sets a value indicating whether the request changes nothing, whatever its method: then it may be tried again like a GET.</summary>
    public bool IsSafe { get; set; }

    /// <summary>Gets or sets a value indicating whether the request is sent once, whatever its outcome: what it rests on would be out of date at the next try.</summary>
    public bool NoRetry { get; set; }

    /// <summary>Gets the body of the last answer; empty where there was none.</summary>
    public ArraySegment<byte> Body { get; internal set; } = new([]);

    /// <summary>
    /// Gets a value indicating whether a try was followed by another although the server may have acted on it: its
    /// answer was lost, or a proxy gave one in its place.
    /// </summary>
    public bool EarlierAttemptMayHaveSucceeded { get; internal set; }

    /// <summary>Gets the number of tries that were begun.</summary>
    public int Attempts { get; internal set; }

    /// <summary>Gets a value indicating whether a try is under way: the server may be acting on it.</summary>
    public bool InFlight { get; private set; }

    /// <summary>Gets or sets the time already spent waiting between tries.</summary>
    internal TimeSpan RetryDelay { get; set; }

    /// <summary>Ties this context to a request.</summary>
    /// <param name="request">The request, before it is sent.</param>
    public void AttachTo(HttpRequestMessage request) => PropertiesOf(request)[Key] = this;

    /// <summary>Lets no further try begin.</summary>
    /// <returns>Whether a try is under way at this moment, so that its answer is worth a short wait.</returns>
    public bool RequestStop()
    {
        lock (_gate)
        {
            _stopRequested = true;
            return InFlight;
        }
    }

    /// <summary>Begins a try.</summary>
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
        }
    }

    /// <summary>Ends a try: its answer is here, or it failed for good.</summary>
    internal void EndAttempt() => InFlight = false;

    /// <summary>Gives the context that was tied to a request.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The context.</returns>
    internal static RequestContext Get(HttpRequestMessage request) => (RequestContext)PropertiesOf(request)[Key]!;

#pragma warning disable CS0618 // HttpRequestMessage.Options does not exist in .NET Standard 2.0.
    private static System.Collections.Generic.IDictionary<string, object?> PropertiesOf(HttpRequestMessage request)
        => request.Properties!;
#pragma warning restore CS0618
}
