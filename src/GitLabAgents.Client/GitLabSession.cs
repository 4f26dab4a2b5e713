using System;
using System.Security;
using System.Threading;
using GitLabAgents.Transport;

namespace GitLabAgents;

/// <summary>
/// A connection to one GitLab with one access token. <c>Connect-GitLab</c> creates it, and operations on an object use
/// the session that the object was read with. It holds connections, the throttle and the token; none of its properties
/// shows the token.
/// </summary>
public sealed class GitLabSession : IDisposable
{
    // A Date header has whole seconds, and a response takes some time. Clocks that differ by less count as equal.
    private static readonly TimeSpan DateResolution = TimeSpan.FromSeconds(2);

    private readonly string _address;
    private readonly AccessToken _token;
    private readonly GitLabTransport _transport;
    private long _serverTimeOffset;

    /// <exception cref="ArgumentException">The token is empty or not a valid header value.</exception>
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

    // A placeholder with the address only. Nothing can be sent with it.
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

    /// <summary>Gets the URL of the GitLab, with its path prefix if it has one.</summary>
    public Uri Uri { get; }

    /// <summary>Gets how the access token is sent.</summary>
    public TokenType TokenType { get; }

    /// <summary>
    /// Gets the name of the access token on the server, or <see langword="null"/> if it does not report it.
    /// </summary>
    public string? TokenName { get; internal set; }

    /// <summary>Gets the scopes of the access token; empty if the server does not report it.</summary>
    public string[] Scopes { get; internal set; } = [];

    /// <summary>
    /// Gets when the access token expires (a day, at midnight UTC), or <see langword="null"/> if it does not expire or
    /// the server does not report it.
    /// </summary>
    public DateTimeOffset? ExpiresAt { get; internal set; }

    /// <summary>Gets the version of the GitLab, or <see langword="null"/> if it does not report it.</summary>
    public string? Version { get; internal set; }

    /// <summary>
    /// Gets whether the GitLab is an Enterprise Edition, or <see langword="null"/> if it does not report it.
    /// </summary>
    public bool? IsEnterprise { get; internal set; }

    /// <summary>
    /// Gets the address that agents connect to, or <see langword="null"/> if there is none or the server does not
    /// report it.
    /// </summary>
    public Uri? KasUri { get; internal set; }

    /// <summary>Gets how many requests of the session may be in flight at once.</summary>
    public int ThrottleLimit { get; }

    /// <summary>Gets when the session was created.</summary>
    public DateTimeOffset ConnectedAt { get; } = DateTimeOffset.Now;

    /// <summary>
    /// Gets the number of items of an ordered concurrent read: twice the throttle limit, so that a slow item does not
    /// leave slots idle.
    /// </summary>
    internal int MaxConcurrentReads => ThrottleLimit * 2;

    /// <summary>Gets the base URL of all requests.</summary>
    internal Uri ApiUri { get; }

    /// <summary>Gets the access token.</summary>
    internal AccessToken Token => _token;

    /// <summary>Gets the transport to the server.</summary>
    internal GitLabTransport Transport => _transport;

    /// <summary>Gets the clock that times delays.</summary>
    internal TimeProvider Clock { get; }

    /// <summary>
    /// Gets or sets a value indicating whether <see cref="System.Uri"/> keeps <c>%2F</c> in a path. In programs for
    /// older versions of .NET Framework, it becomes <c>/</c>.
    /// </summary>
    internal bool KeepsEncodedSlashes { get; set; } = new Uri("http://a/b%2Fc").AbsolutePath == "/b%2Fc";

    /// <summary>
    /// Gets or sets a value indicating whether the server accepts certificates in base64 (<see langword="true"/>) or as
    /// PEM (<see langword="false"/>), or <see langword="null"/> if that is not known yet.
    /// </summary>
    internal bool? TakesBase64Certificates { get; set; }

    /// <summary>Gets what the session knows about GitLab's GraphQL API.</summary>
    internal GraphQLSupport GraphQL { get; }

    /// <summary>Gets a value indicating whether the session was disconnected.</summary>
    internal bool IsClosed { get; private set; }

    /// <summary>
    /// Gets the time by GitLab's clock, as its latest response reported it; by this machine's clock before that.
    /// </summary>
    /// <returns>The time.</returns>
    internal DateTimeOffset GetServerTime()
        => Clock.GetUtcNow() + new TimeSpan(Interlocked.Read(ref _serverTimeOffset));

    /// <summary>Stores the difference between GitLab's clock and this machine's.</summary>
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
    /// Closes the connections and clears the access token. Objects that were read keep their values, but no operation
    /// on them is possible any more.
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
