using System;
using System.Security.Cryptography.X509Certificates;

namespace GitLabAgents.FakeGitLab;

/// <summary>How the fake GitLab behaves. All but the transport settings may be changed while it runs.</summary>
public sealed class FakeGitLabOptions
{
    /// <summary>Where to listen; several are separated by semicolons. Port 0 takes a free one.</summary>
    public string Urls { get; set; } = "http://127.0.0.1:0";

    /// <summary>The relative URL under which GitLab lives, such as <c>/gitlab</c>.</summary>
    public string Prefix { get; set; } = string.Empty;

    /// <summary>Serves HTTPS (HTTP/1.1 and 2) with this certificate, which must have its private key.</summary>
    public X509Certificate2? Certificate { get; set; }

    /// <summary>Requires a client certificate and accepts any.</summary>
    public bool RequireClientCertificate { get; set; }

    /// <summary>Time added to every request, before the server acts.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>Time added to a GraphQL request for each point of its complexity.</summary>
    public TimeSpan LatencyPerComplexityPoint { get; set; }

    /// <summary>A GraphQL request that would take longer gets a 503 after this time.</summary>
    public TimeSpan GraphQLTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The version that <c>/metadata</c> reports. It also decides what the server knows: see <see
    /// cref="ServerFeatures" />.
    /// </summary>
    public string Version { get; set; } = "18.9.0-ee";

    /// <summary>Whether this is the Enterprise Edition (<c>is_receptive</c>, URL configurations in GraphQL).</summary>
    public bool IsEnterprise { get; set; } = true;

    /// <summary>Whether the agent server (KAS) is enabled; if not, GraphQL cannot read connections.</summary>
    public bool KasEnabled { get; set; } = true;

    /// <summary>The agent server's address.</summary>
    public string? KasExternalUrl { get; set; } = "wss://kas.example.com";

    /// <summary>Whether the agent server (KAS) can be reached; if not, GraphQL cannot read connections.</summary>
    public bool KasReachable { get; set; } = true;

    /// <summary>Whether URL configurations are available.</summary>
    public ReceptiveAgents ReceptiveAgents { get; set; }

    /// <summary>Whether GraphQL is available, or something on the way blocks it.</summary>
    public GraphQLAvailability GraphQL { get; set; }

    /// <summary>The largest page of GraphQL's lists.</summary>
    public int GraphQLPageSize { get; set; } = 100;

    /// <summary>Whether agents' revoked tokens are listed too, as servers before 16.0 do.</summary>
    public bool ListsRevokedTokens { get; set; }

    /// <summary>Whether GraphQL has a project's <c>archived</c> and <c>userPermissions</c>.</summary>
    public bool HasProjectPermissions { get; set; } = true;

    /// <summary>Whether lists carry <c>X-Total</c> and <c>X-Total-Pages</c>.</summary>
    public bool SendTotals { get; set; } = true;

    /// <summary>Lists longer than this carry no totals.</summary>
    public int? TotalsLimit { get; set; }

    /// <summary>
    /// The base of <c>Link</c> and <c>Location</c> headers, with any prefix; null: the address the client used.
    /// </summary>
    public string? ExternalUrl { get; set; }

    /// <summary>
    /// A server before 14.0: agents without name, date and creator, no <c>/metadata</c>, no
    /// <c>/personal_access_tokens/self</c>, no connections in GraphQL.
    /// </summary>
    public bool OldServer { get; set; }

    /// <summary>The form of certificates, in requests and responses; null: that of the version.</summary>
    public CertificateEncoding? CertificateEncoding { get; set; }

    /// <summary>Whether the limits of tokens and URL configurations miss what is created at the same time.</summary>
    public bool RacyLimits { get; set; } = true;

    /// <summary>
    /// Whether tokens with the same last use change places from page to page, so that a row can appear twice.
    /// </summary>
    public bool UnstableTokenOrder { get; set; }

    /// <summary>
    /// The status of <c>/personal_access_tokens/self</c> for OAuth tokens; 200 responds as for any other.
    /// </summary>
    public int OAuthSelfStatus { get; set; } = 400;

    /// <summary>Writes the <c>created_by_user_id</c> of agent tokens as a string.</summary>
    public bool UserIdsAsStrings { get; set; }

    /// <summary>
    /// Requests allowed per minute and access token; null: any number, and no <c>RateLimit-*</c> headers.
    /// </summary>
    public int? RequestsPerMinute { get; set; }

    /// <summary>Whether the server rejects changes, or is down for maintenance.</summary>
    public MaintenanceMode Maintenance { get; set; }

    /// <summary>The server's clock.</summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>
    /// How far the server is ahead of <see cref="Clock" />, in its <c>Date</c> header and everywhere else.
    /// </summary>
    public TimeSpan ClockSkew { get; set; }

    /// <summary>The offset from UTC of <c>connectedAt</c> in GraphQL.</summary>
    public TimeSpan ServerUtcOffset { get; set; }

    /// <summary>Whether requests are recorded. Switch it off for benchmarks.</summary>
    public bool RecordRequests { get; set; } = true;

    /// <summary>Makes secrets the same in every run; null: random.</summary>
    public int? SecretSeed { get; set; }

    /// <summary>Fills the state at the start and at every reset, e.g. <c>Seed.Demo</c>.</summary>
    public Action<State>? Populate { get; set; }

    internal string NormalizedPrefix => Prefix.Trim('/') is { Length: > 0 } prefix ? "/" + prefix : string.Empty;

    internal ServerFeatures Features => ServerFeatures.Of(this);

    internal FakeGitLabOptions Copy() => (FakeGitLabOptions)MemberwiseClone();
}
