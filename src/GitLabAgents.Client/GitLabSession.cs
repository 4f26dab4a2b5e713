using System;
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
    // A Date header has whole seconds, and a response takes some time. Clocks that differ by less count as equal.
    private static readonly TimeSpan DateResolution = TimeSpan.FromSeconds(2);

    private readonly string _address;
    private readonly AccessToken _token;
    private readonly GitLabTransport _transport;
    private long _serverTimeOffset;

    /// <exception cref="ArgumentException">The URL or the token is none.</exception>
    internal GitLabSession(Uri uri, SecureString token, TokenType tokenType, TransportOptions options)
    {
        Uri = uri;
        _address = RemoveScheme(uri.AbsoluteUri);
        ApiUri = new Uri(uri.AbsoluteUri.TrimEnd('/') + "/api/v4/");
        TokenType = tokenType;
        ThrottleLimit = options.ThrottleLimit;
        _token = new AccessToken(token, tokenType);
        _transport = new GitLabTransport(options);
        Clock = options.Clock;
        GraphQL = new GraphQLSupport(options.Clock);
    }

    // Only the address of a session that exists elsewhere. Nothing can be sent with it.
    private GitLabSession(string address)
    {
        _address = address;
        Uri = null!;
        ApiUri = null!;
        _token = null!;
        _transport = null!;
        Clock = TimeProvider.System;
        GraphQL = new GraphQLSupport(TimeProvider.System);
        IsClosed = true;
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
    public string[] Scopes { get; internal set; } = [];

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

    /// <summary>
    /// Gets the number of items of an ordered concurrent read: twice the throttle limit, so that a slow item at the head
    /// leaves no slot idle.
    /// </summary>
    internal int MaxConcurrentReads => ThrottleLimit * 2;

    /// <summary>Gets the URL that every call begins with.</summary>
    internal Uri ApiUri { get; }

    /// <summary>Gets the credential.</summary>
    internal AccessToken Token => _token;

    /// <summary>Gets the way to the server.</summary>
    internal GitLabTransport Transport => _transport;

    /// <summary>Gets the clock that waits go by.</summary>
    internal TimeProvider Clock { get; }

    /// <summary>
    /// Gets or sets a value indicating whether <c>%2F</c> stays as it is in the path of a <see cref="System.Uri"/>.
    /// Where .NET Framework runs a program for an older version of it, <c>%2F</c> becomes <c>/</c>.
    /// </summary>
    internal bool KeepsEncodedSlashes { get; set; } = new Uri("http://a/b%2Fc").AbsolutePath == "/b%2Fc";

    /// <summary>
    /// Gets or sets a value indicating whether the server takes certificates in base64 (<see langword="true"/>) or as
    /// PEM (<see langword="false"/>), or <see langword="null"/> while that is not known.
    /// </summary>
    internal bool? TakesBase64Certificates { get; set; }

    /// <summary>Gets what the session knows about GitLab's GraphQL API.</summary>
    internal GraphQLSupport GraphQL { get; }

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
            TimeSpan offset = time - Clock.GetUtcNow();
            bool isSkewed = offset.Duration() > DateResolution;
            Interlocked.Exchange(ref _serverTimeOffset, isSkewed ? offset.Ticks : 0);
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

    /// <summary>Gets a value indicating whether this is only the address of a session that exists elsewhere.</summary>
    internal bool IsDetached => _transport is null;

    /// <summary>Creates a placeholder for the session of a deserialized object. Nothing can be sent with it.</summary>
    /// <param name="address">The address that the object carries, with or without a scheme.</param>
    internal static GitLabSession FromAddress(string address)
        => new(DisplayText.SanitizeMessage(RemoveScheme(address.Trim()), static text => text) ?? "an unknown GitLab");

    /// <summary>Returns a value indicating whether both sessions are with the same GitLab.</summary>
    internal bool HasSameAddress(GitLabSession other)
        => string.Equals(_address, other._address, StringComparison.OrdinalIgnoreCase);

    /// <summary>Returns the address of the GitLab without the scheme.</summary>
    /// <returns>The host, with the port if it is not the default one, and the path prefix if there is one.</returns>
    public override string ToString() => _address;

    private static string RemoveScheme(string address)
    {
        int scheme = address.IndexOf("://", StringComparison.Ordinal);
        return address.Substring(scheme < 0 ? 0 : scheme + 3).TrimEnd('/');
    }
}
