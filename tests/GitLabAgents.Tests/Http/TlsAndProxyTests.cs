using System;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using GitLabAgents.Transport;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Whom the client trusts on the wire, and the way through a proxy.</summary>
public sealed class TlsAndProxyTests
{
    [Fact]
    public async Task A_certificate_of_no_known_authority_is_refused()
    {
        using X509Certificate2 certificate = Certificates.CreateSelfSigned();
        await using FakeGitLabServer server = await TestClients.ServerAsync(options => options.Certificate = certificate);
        foreach (Func<GitLabClient, Task> act in (Func<GitLabClient, Task>[])[client => client.GetAgentAsync(101, 11), client => client.CreateAgentAsync(101, "new")])
        {
            GitLabApiException exception = await TestClients.ThrowsAsync(GitLabErrorKind.ConnectionFailed, () => act(TestClients.Client(server)));
            Assert.Contains("-CaCertificatePath", exception.Message, StringComparison.Ordinal);
        }

        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("127.0.0.1", true, true)]
    [InlineData("localhost", true, true)]
    [InlineData("127.0.0.1", false, false)]
    public async Task An_authority_of_the_users_is_trusted(string host, bool trustIt, bool works)
    {
        using X509Certificate2 root = Root("CN=The user's own");
        using X509Certificate2 another = Root("CN=Another");
        using X509Certificate2 leaf = Leaf(root, "localhost");
        await using FakeGitLabServer server = await TestClients.ServerAsync(options => options.Certificate = leaf);
        await CheckAsync(server, host, works, options => options.TrustedRoots = [trustIt ? root : another]);
    }

    [Fact]
    public async Task A_self_signed_certificate_may_be_its_own_authority()
    {
        using X509Certificate2 certificate = Certificates.CreateSelfSigned();
        await using FakeGitLabServer server = await TestClients.ServerAsync(options => options.Certificate = certificate);
        await CheckAsync(server, "localhost", works: true, options => options.TrustedRoots = [certificate]);
    }

    [Fact]
    public async Task An_authority_of_the_same_name_is_not_trusted()
    {
        using X509Certificate2 root = Root("CN=The user's own");
        using X509Certificate2 impostor = Root("CN=The user's own");
        using X509Certificate2 leaf = Leaf(impostor, "localhost");
        await using FakeGitLabServer server = await TestClients.ServerAsync(options => options.Certificate = leaf);
        await CheckAsync(server, "localhost", works: false, options => options.TrustedRoots = [root]);
    }

    [Theory]
    [InlineData("other.example.com", 0)]
    [InlineData("localhost", -10)]
    public async Task A_wrong_name_or_an_expired_certificate_is_refused_all_the_same(string name, int days)
    {
        using X509Certificate2 root = Root("CN=The user's own");
        using X509Certificate2 leaf = Leaf(root, name, days);
        await using FakeGitLabServer server = await TestClients.ServerAsync(options => options.Certificate = leaf);
        await CheckAsync(server, "localhost", works: false, options => options.TrustedRoots = [root]);
        await CheckAsync(server, "localhost", works: true, options => options.SkipCertificateCheck = true);
    }

    [Fact]
    public async Task A_failed_handshake_is_not_tried_again()
    {
        using X509Certificate2 certificate = Certificates.CreateSelfSigned();
        await using FakeGitLabServer server = await TestClients.ServerAsync(options => options.Certificate = certificate);
        var observer = new RecordingObserver();
        await TestClients.ThrowsAsync(GitLabErrorKind.ConnectionFailed, () => TestClients.Client(server, observer: observer).DeleteAgentAsync(101, 11));
        Assert.Empty(observer.Waits);
        Assert.Equal(1, server.ConnectionCount);
    }

    [Fact]
    public async Task A_client_certificate_is_shown()
    {
        using X509Certificate2 certificate = Certificates.CreateSelfSigned();
        using X509Certificate2 mine = Certificates.CreateSelfSigned("client.example.com");
        await using FakeGitLabServer server = await TestClients.ServerAsync(options => (options.Certificate, options.RequireClientCertificate) = (certificate, true));
        await Assert.ThrowsAsync<GitLabApiException>(() => TestClients.Client(server, options => (options.SkipCertificateCheck, options.MaximumRetryCount) = (true, 0)).GetAgentAsync(101, 11));
        Assert.Empty(server.Requests);

        await TestClients.Client(server, options => (options.SkipCertificateCheck, options.ClientCertificate) = (true, mine)).GetAgentAsync(101, 11);
        Assert.Equal(mine.Thumbprint, Assert.Single(server.Requests).ClientCertificateThumbprint);
    }

    [Fact]
    public async Task Many_requests_share_a_connection_or_few()
    {
        using X509Certificate2 certificate = Certificates.CreateSelfSigned();
        foreach (bool https in (bool[])[false, true])
        {
            await using FakeGitLabServer server = await TestClients.ServerAsync(options => options.Certificate = https ? certificate : null);
            GitLabClient client = TestClients.Client(server, options => options.SkipCertificateCheck = true);
            for (int i = 0; i < 20; i++)
            {
                await client.GetAgentAsync(101, 11);
            }

            Assert.Equal(1, server.ConnectionCount);
            Assert.Equal(https ? "HTTP/2" : "HTTP/1.1", server.Requests[0].Protocol);
        }
    }

    [Fact]
    public async Task A_proxy_is_asked_with_the_whole_address()
    {
        await using FakeGitLabServer proxy = await TestClients.ServerAsync();
        using GitLabSession session = TestClients.Session(new Uri("http://gitlab.invalid/"), options => (options.NoProxy, options.Proxy) = (false, new WebProxy(proxy.Url)));
        ClusterAgent agent = await new GitLabClient(session).GetAgentAsync("group/app", 11);
        Assert.Equal("prod", agent.Name);
        RecordedRequest request = Assert.Single(proxy.Requests);
        Assert.Equal("http://gitlab.invalid/api/v4/projects/group%2Fapp/cluster_agents/11", request.RawTarget);
        Assert.Equal(TestClients.Token, request.Headers["PRIVATE-TOKEN"]);
    }

    [Fact]
    public async Task Every_proxy_is_passed_by_on_request()
    {
        await using FakeGitLabServer proxy = await TestClients.ServerAsync();
        await using FakeGitLabServer server = await TestClients.ServerAsync();
        using GitLabSession session = TestClients.Session(server.Url, options => (options.NoProxy, options.Proxy) = (true, new WebProxy(proxy.Url)));
        await new GitLabClient(session).GetAgentAsync(101, 11);
        Assert.Empty(proxy.Requests);
        Assert.Single(server.Requests);
    }

    private static async Task CheckAsync(FakeGitLabServer server, string host, bool works, Action<TransportOptions> set)
    {
        using GitLabSession session = TestClients.Session(new Uri($"https://{host}:{server.Url.Port}"), set);
        Task<ClusterAgent> reading = new GitLabClient(session).GetAgentAsync(101, 11);
        if (works)
        {
            Assert.Equal("prod", (await reading).Name);
        }
        else
        {
            await TestClients.ThrowsAsync(GitLabErrorKind.ConnectionFailed, () => reading);
            Assert.Empty(server.Requests);
        }
    }

    private static X509Certificate2 Root(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-100), DateTimeOffset.UtcNow.AddDays(30));
    }

    private static X509Certificate2 Leaf(X509Certificate2 issuer, string host, int endsInDays = 20)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + host, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset end = DateTimeOffset.UtcNow.AddDays(endsInDays == 0 ? 20 : endsInDays);
        using X509Certificate2 certificate = request.Create(issuer, DateTimeOffset.UtcNow.AddDays(-50), end, RandomNumberGenerator.GetBytes(8));
        using X509Certificate2 withKey = certificate.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }
}
