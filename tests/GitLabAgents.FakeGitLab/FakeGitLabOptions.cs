using System;
using System.Security.Cryptography.X509Certificates;

namespace GitLabAgents.FakeGitLab;

/// <summary>Whether the server knows URL configurations (receptive agents).</summary>
public enum ReceptiveAgents
{
    /// <summary>Available.</summary>
    On,

    /// <summary>Known but switched off: <c>404 Not Found</c> as a message.</summary>
    Off,

    /// <summary>Not there at all: no such route.</summary>
    Absent,
}

/// <summary>Whether the server knows GraphQL.</summary>
public enum GraphQL
{
    /// <summary>Available.</summary>
    On,

    /// <summary>No such route.</summary>
    Off,
}

/// <summary>How certificates are written in answers.</summary>
public enum CertificateEncoding
{
    /// <summary>Base64 on one line.</summary>
    Strict,

    /// <summary>Base64 broken after 76 columns, with a line break at the end.</summary>
    LineBreaks,

    /// <summary>Plain PEM.</summary>
    Pem,
}

/// <summary>How the fake GitLab is to behave. All but the transport settings may be changed while it runs.</summary>
public sealed class FakeGitLabOptions
{
    /// <summary>Where to listen; several are separated by semicolons. Port 0 takes a free one.</summary>
    public string Urls { get; set; } = "http://127.0.0.1:0";

    /// <summary>The relative URL under which GitLab lives, such as <c>/gitlab</c>.</summary>
    public string Prefix { get; set; } = string.Empty;

    /// <summary>Serves HTTPS (HTTP/1.1 and 2) with this certificate, which must have its private key.</summary>
    public X509Certificate2? Certificate { get; set; }

    /// <summary>Demands a client certificate and takes any.</summary>
    public bool RequireClientCertificate { get; set; }

    /// <summary>Time added to every request, before the server acts.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>The version that <c>/metadata</c> reports.</summary>
    public string Version { get; set; } = "18.5.1-ee";

    /// <summary>Whether this is the Enterprise Edition (adds <c>is_receptive</c>).</summary>
    public bool IsEnterprise { get; set; } = true;

    /// <summary>Whether the agent server (KAS) is enabled.</summary>
    public bool KasEnabled { get; set; } = true;

    /// <summary>The agent server's address.</summary>
    public string? KasExternalUrl { get; set; } = "wss://kas.example.com";

    /// <summary>Whether URL configurations are available.</summary>
    public ReceptiveAgents ReceptiveAgents { get; set; }

    /// <summary>Whether GraphQL is available.</summary>
    public GraphQL GraphQL { get; set; }

    /// <summary>The largest page of GraphQL's lists.</summary>
    public int GraphQLPageSize { get; set; } = 100;

    /// <summary>Whether the agent server (KAS) can be reached; if not, GraphQL has an error in place of every agent's connections.</summary>
    public bool KasReachable { get; set; } = true;

    /// <summary>Whether GraphQL tells of agents' revoked tokens too, as older servers do.</summary>
    public bool TellsRevokedTokens { get; set; }

    /// <summary>Whether GraphQL knows a project's <c>archived</c> and <c>userPermissions</c>.</summary>
    public bool TellsPermissions { get; set; } = true;

    /// <summary>Whether lists carry <c>X-Total</c> and <c>X-Total-Pages</c>.</summary>
    public bool SendTotals { get; set; } = true;

    /// <summary>Lists longer than this carry no totals.</summary>
    public int? TotalsLimit { get; set; }

    /// <summary>The base of <c>Link</c> headers, with any prefix; null: the address the client used.</summary>
    public string? ExternalUrl { get; set; }

    /// <summary>An old server: agents without name, date and creator, no <c>/metadata</c>, no <c>/personal_access_tokens/self</c>, no connections in GraphQL.</summary>
    public bool OldServer { get; set; }

    /// <summary>How certificates are written in answers.</summary>
    public CertificateEncoding CertificateEncoding { get; set; }

    /// <summary>What <c>/personal_access_tokens/self</c> answers an OAuth token; 200 answers as for any other.</summary>
    public int OAuthSelfStatus { get; set; } = 400;

    /// <summary>Writes the <c>created_by_user_id</c> of agent tokens as a string.</summary>
    public bool UserIdsAsStrings { get; set; }

    /// <summary>Whether requests are recorded. Switch it off for benchmarks.</summary>
    public bool RecordRequests { get; set; } = true;

    /// <summary>Makes secrets the same in every run; null: random.</summary>
    public int? SecretSeed { get; set; }

    /// <summary>Fills the state at the start and at every reset, e.g. <c>Seed.Demo</c>.</summary>
    public Action<State>? Populate { get; set; }

    internal string NormalizedPrefix => Prefix.Trim('/') is { Length: > 0 } prefix ? "/" + prefix : string.Empty;

    internal FakeGitLabOptions Copy() => (FakeGitLabOptions)MemberwiseClone();
}
