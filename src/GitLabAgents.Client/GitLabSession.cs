using System;
using System.Collections.Generic;
using System.Security;
using System.Threading;
using GitLabAgents.Transport;

namespace GitLabAgents;

/// <summary>
/// A connection to one GitLab with one access token: what <c>Connect-GitLab</c> makes, and what every object that was
/// read through it goes back through. It holds connections, the throttle and the token; none of its properties shows
/// the token.
/// </summary>
public sealed class GitLabSession : IDisposable
{
    private readonly AccessToken _token;
    private readonly GitLabTransport _transport;
    private long _serverTimeOffset;

    /// <exception cref="ArgumentException">The URL or the token is none.</exception>
    internal GitLabSession(Uri uri, SecureString token, TokenType tokenType, TransportOptions options)
    {
        Uri = uri;
        ApiUri = new Uri(uri.AbsoluteUri.TrimEnd('/') + "/api/v4/");
        TokenType = tokenType;
        ThrottleLimit = options.ThrottleLimit;
        _token = new AccessToken(token, tokenType);
        _transport = new GitLabTransport(options);
        Clock = options.Clock;
    }

    /// <summary>Gets the URL of the GitLab, with its prefix where it has one.</summary>
    public Uri Uri { get; }

    /// <summary>Gets how the access token is sent.</summary>
    public TokenType TokenType { get; }

    /// <summary>
    /// Gets the name that the access token bears on the server, or <see langword="null"/> where it does not tell.
    /// </summary>
    public string? TokenName { get; internal set; }

    /// <summary>Gets the scopes of the access token; empty where the server does not tell.</summary>
    public IReadOnlyList<string> Scopes { get; internal set; } = [];

    /// <summary>
    /// Gets when the access token expires (a day, at midnight UTC), or <see langword="null"/> where it does not or the
    /// server does not tell.
    /// </summary>
    public DateTimeOffset? ExpiresAt { get; internal set; }

    /// <summary>Gets the version of the GitLab, or <see langword="null"/> where it does not tell.</summary>
    public string? Version { get; internal set; }

    /// <summary>Gets whether it is an Enterprise edition, or <see langword="null"/> where it does not tell.</summary>
    public bool? IsEnterprise { get; internal set; }

    /// <summary>
    /// Gets the address that agents connect to, or <see langword="null"/> where there is none or the server does not
    /// tell.
    /// </summary>
    public Uri? KasUri { get; internal set; }

    /// <summary>Gets how many requests of the session may be under way at once.</summary>
    public int ThrottleLimit { get; }

    /// <summary>Gets when the session was made.</summary>
    public DateTimeOffset ConnectedAt { get; } = DateTimeOffset.Now;

    /// <summary>Gets the URL that every call begins with.</summary>
    internal Uri ApiUri { get; }

    /// <summary>Gets the credential.</summary>
    internal AccessToken Token => _token;

    /// <summary>Gets the way to the server.</summary>
    internal GitLabTransport Transport => _transport;

    /// <summary>Gets the clock that waits go by.</summary>
    internal TimeProvider Clock { get; }

    /// <summary>Gets a value indicating whether the session was ended.</summary>
    internal bool IsClosed { get; private set; }

    /// <summary>
    /// Gets the time by GitLab's clock, as far as its responses have told; by this machine's clock before that.
    /// </summary>
    /// <returns>The time.</returns>
    internal DateTimeOffset GetServerTime()
        => Clock.GetUtcNow() + new TimeSpan(Interlocked.Read(ref _serverTimeOffset));

    /// <summary>Remembers how far GitLab's clock is from this machine's.</summary>
    /// <param name="date">The <c>Date</c> of a response that was just received, if it has one.</param>
    internal void SetServerTime(DateTimeOffset? date)
    {
        if (date is { } time)
        {
            Interlocked.Exchange(ref _serverTimeOffset, (time - Clock.GetUtcNow()).Ticks);
        }
    }

    /// <summary>
    /// Closes the connections and forgets the access token. What was read stays, but nothing more can be done with it.
    /// </summary>
    public void Dispose()
    {
        if (!IsClosed)
        {
            IsClosed = true;
            _transport.Dispose();
            _token.Dispose();
        }
    }

    /// <summary>Gives the host.</summary>
    /// <returns>The host's name, without port or path.</returns>
    public override string ToString() => Uri.Host;
}
