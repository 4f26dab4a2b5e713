using System;
using System.Linq;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using GitLabAgents.Transport;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks which certificates the client trusts, and requests through a proxy.</summary>
public sealed class TlsAndProxyTests
{
    [Fact]
    public async Task A_certificate_of_an_unknown_authority_is_rejected()
    {
        using X509Certificate2 certificate = Certificates.CreateSelfSigned();
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            options => options.Certificate = certificate);
        foreach (Func<GitLabClient, Task> act in (Func<GitLabClient, Task>[])
        [
            client => client.GetAgentAsync(101, 11),
            client => client.CreateAgentAsync(101, "new"),
        ])
        {
            GitLabApiException exception = await TestClients.ThrowsAsync(
                GitLabErrorKind.ConnectionFailed, () => act(TestClients.CreateClient(server)));
            Assert.Contains("-CaCertificatePath", exception.Message, StringComparison.Ordinal);
        }

        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("127.0.0.1", true, true)]
    [InlineData("localhost", true, true)]
    [InlineData("127.0.0.1", false, false)]
    public async Task An_authority_that_the_user_specifies_is_trusted(string host, bool isTrusted, bool works)
    {
        using X509Certificate2 root = TestPki.CreateAuthority("The user's own");
        using X509Certificate2 another = TestPki.CreateAuthority("Another");
        using X509Certificate2 leaf = TestPki.CreateLeaf(root);
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.Certificate = leaf);
        await CheckAsync(server, host, works, options => options.TrustedRoots = [isTrusted ? root : another]);
    }

    [Fact]
    public async Task A_self_signed_certificate_may_be_its_own_authority()
    {
        using X509Certificate2 certificate = Certificates.CreateSelfSigned();
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            options => options.Certificate = certificate);
        await CheckAsync(server, "localhost", works: true, options => options.TrustedRoots = [certificate]);
    }

    [Fact]
    public async Task An_authority_of_the_same_name_is_not_trusted()
    {
        using X509Certificate2 root = TestPki.CreateAuthority("The user's own");
        using X509Certificate2 impostor = TestPki.CreateAuthority("The user's own");
        using X509Certificate2 leaf = TestPki.CreateLeaf(impostor);
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.Certificate = leaf);
        await CheckAsync(server, "localhost", works: false, options => options.TrustedRoots = [root]);
    }

    [Theory]
    [InlineData("other.example.com", 20)]
    [InlineData("localhost", -10)]
    public async Task A_wrong_name_or_an_expired_certificate_is_always_rejected(string name, int days)
    {
        using X509Certificate2 root = TestPki.CreateAuthority("The user's own");
        using X509Certificate2 leaf = TestPki.CreateLeaf(root, name, days);
        await using FakeGitLabServer server = await TestClients.StartServerAsync(options => options.Certificate = leaf);
        await CheckAsync(server, "localhost", works: false, options => options.TrustedRoots = [root]);
        await CheckAsync(server, "localhost", works: true, options => options.SkipCertificateCheck = true);
    }

    public static TheoryData<string, string[], string[], bool> Purposes => new()
    {
        { "none named", [], [], true },
        { "server", [], [TestPki.ServerAuthentication], true },
        { "server and client", [], [TestPki.ServerAuthentication, TestPki.ClientAuthentication], true },
        { "client", [], [TestPki.ClientAuthentication], false },
        { "code signing", [], [TestPki.CodeSigning], false },
        { "authority for servers", [TestPki.ServerAuthentication], [], true },
        { "authority for clients", [TestPki.ClientAuthentication], [], false },
        { "authority for clients above server", [TestPki.ClientAuthentication], [TestPki.ServerAuthentication], false },
    };

    [Theory]
    [MemberData(nameof(Purposes))]
    public async Task A_certificate_must_allow_server_authentication(
        string what, string[] authority, string[] leaf, bool works)
    {
        using X509Certificate2 root = TestPki.CreateAuthority("Root");
        using X509Certificate2 issuing = TestPki.CreateAuthority(what, root, authority);
        using X509Certificate2 certificate = TestPki.CreateLeaf(issuing, purposes: leaf);
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        await using var front = new TlsFront(server.Url, certificate, [TestPki.WithoutKey(issuing)]);
        await CheckAsync(server, front.Url, works, options => options.TrustedRoots = [root]);
        await CheckAsync(server, front.Url, works, options => options.TrustedRoots = [issuing]);
    }

    [Fact]
    public async Task A_self_signed_client_certificate_is_rejected_even_if_it_is_trusted()
    {
        using X509Certificate2 certificate = TestPki.CreateLeaf(null, purposes: TestPki.ClientAuthentication);
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        await using var front = new TlsFront(server.Url, certificate);
        await CheckAsync(server, front.Url, works: false, options => options.TrustedRoots = [certificate]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_intermediate_authority_is_trusted_whatever_else_the_server_sends(bool sendHigher)
    {
        using X509Certificate2 root = TestPki.CreateAuthority("Root");
        using X509Certificate2 policy = TestPki.CreateAuthority("Policy", root);
        using X509Certificate2 issuing = TestPki.CreateAuthority("Issuing", policy);
        using X509Certificate2 certificate = TestPki.CreateLeaf(issuing);
        using X509Certificate2 another = TestPki.CreateLeaf(issuing, "other.example.com");
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        X509Certificate2Collection sent = [TestPki.WithoutKey(issuing)];
        if (sendHigher)
        {
            sent.Add(TestPki.WithoutKey(policy));
        }

        await using var wrong = new TlsFront(server.Url, another, sent);
        await CheckAsync(server, wrong.Url, works: false, options => options.TrustedRoots = [issuing]);
        await using var front = new TlsFront(server.Url, certificate, sent);
        await CheckAsync(server, front.Url, works: true, options => options.TrustedRoots = [issuing]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_intermediate_authority_is_trusted_if_the_server_sends_its_root(bool expired)
    {
        using X509Certificate2 root = TestPki.CreateAuthority("Root");
        using X509Certificate2 issuing = TestPki.CreateAuthority("Issuing", root);
        using X509Certificate2 certificate = TestPki.CreateLeaf(issuing, validDays: expired ? -10 : 10);
        using var received = new X509Chain();
        received.ChainPolicy.ExtraStore.Add(root);
        received.ChainPolicy.ExtraStore.Add(issuing);
        Assert.Equal(
            !expired,
            new ServerCertificateCheck([issuing]).IsTrusted(
                null, certificate, received, SslPolicyErrors.RemoteCertificateChainErrors));
    }

    [Fact]
    public async Task A_failed_handshake_is_not_retried()
    {
        using X509Certificate2 certificate = Certificates.CreateSelfSigned();
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            options => options.Certificate = certificate);
        var observer = new RecordingObserver();
        await TestClients.ThrowsAsync(
            GitLabErrorKind.ConnectionFailed,
            () => TestClients.CreateClient(server, observer: observer).DeleteAgentAsync(101, 11));
        Assert.Empty(observer.Waits);
        Assert.Equal(1, server.ConnectionCount);
    }

    [Fact]
    public async Task A_client_certificate_is_sent()
    {
        using X509Certificate2 certificate = Certificates.CreateSelfSigned();
        using X509Certificate2 clientCertificate = Certificates.CreateSelfSigned("client.example.com");
        await using FakeGitLabServer server = await TestClients.StartServerAsync(
            options => (options.Certificate, options.RequireClientCertificate) = (certificate, true));
        await Assert.ThrowsAsync<GitLabApiException>(
            () => TestClients.CreateClient(
                server, options => (options.SkipCertificateCheck, options.MaximumRetryCount) = (true, 0))
                .GetAgentAsync(101, 11));
        Assert.Empty(server.Requests);

        await TestClients.CreateClient(
            server, options => (options.SkipCertificateCheck, options.ClientCertificate) = (true, clientCertificate))
            .GetAgentAsync(101, 11);
        Assert.Equal(clientCertificate.Thumbprint, Assert.Single(server.Requests).ClientCertificateThumbprint);
    }

    [Theory]
    [InlineData("user", true)] // Given with the certificate, as a collection from the PFX file is.
    [InlineData("server", true)] // Known from the chain of the server, which the same authority issued.
    [InlineData("none", false)]
    public async Task The_intermediates_of_a_client_certificate_are_sent(string from, bool works)
    {
        using X509Certificate2 root = TestPki.CreateAuthority("Root");
        using X509Certificate2 issuing = TestPki.CreateAuthority("Issuing", root);
        using X509Certificate2 clientCertificate = TestPki.CreateLeaf(
            issuing, "client.example.com", purposes: TestPki.ClientAuthentication);
        using X509Certificate2 certificate = TestPki.CreateLeaf(from == "server" ? issuing : root);
        X509Certificate2Collection chain = [TestPki.WithoutKey(issuing)];
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        await using var front = new TlsFront(
            server.Url, certificate, from == "server" ? chain : null, clientAuthority: root);
        GitLabClient client = new(TestClients.CreateSession(front.Url, options =>
        {
            (options.TrustedRoots,
                options.ClientCertificate,
                options.MaximumRetryCount) = ([root], clientCertificate, 0);
            options.ClientCertificateChain = from == "user" ? chain : null;
        }));
        if (!works)
        {
            await TestClients.ThrowsAsync(GitLabErrorKind.ConnectionFailed, () => client.GetAgentAsync(101, 11));
            Assert.Empty(server.Requests);
            return;
        }

        Assert.Equal("prod", (await client.GetAgentAsync(101, 11)).Name);
        await client.CreateAgentAsync(101, "new");
        Assert.Equal("CN=Issuing, CN=client.example.com", front.ClientCertificates.Last());
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(48 + 192, SslProtocols.Tls12)] // Ssl3 and Tls, as powershell.exe has it on older Windows.
    [InlineData(192 + 768 + 3072, null)]
    [InlineData(3072, null)]
    [InlineData(12288, null)]
    public void TLS_1_2_is_enabled_if_the_process_has_not_enabled_it(int configured, SslProtocols? expected)
        => Assert.Equal(expected, PrimaryHandlerFactory.GetProtocols((SecurityProtocolType)configured));

    [Fact]
    public async Task Requests_share_a_connection()
    {
        using X509Certificate2 certificate = Certificates.CreateSelfSigned();
        foreach (bool https in (bool[])[false, true])
        {
            await using FakeGitLabServer server = await TestClients.StartServerAsync(
                options => options.Certificate = https ? certificate : null);
            GitLabClient client = TestClients.CreateClient(server, options => options.SkipCertificateCheck = true);
            for (int i = 0; i < 20; i++)
            {
                await client.GetAgentAsync(101, 11);
            }

            Assert.Equal(1, server.ConnectionCount);
            Assert.Equal(https ? "HTTP/2" : "HTTP/1.1", server.Requests[0].Protocol);
        }
    }

    [Fact]
    public async Task A_proxy_receives_the_absolute_URL()
    {
        await using FakeGitLabServer proxy = await TestClients.StartServerAsync();
        using GitLabSession session = TestClients.CreateSession(
            new Uri("http://gitlab.invalid/"),
            options => (options.NoProxy, options.Proxy) = (false, new WebProxy(proxy.Url)));
        ClusterAgent agent = await new GitLabClient(session).GetAgentAsync("group/app", 11);
        Assert.Equal("prod", agent.Name);
        RecordedRequest request = Assert.Single(proxy.Requests);
        Assert.Equal("http://gitlab.invalid/api/v4/projects/group%2Fapp/cluster_agents/11", request.RawTarget);
        Assert.Equal(TestClients.Token, request.Headers["PRIVATE-TOKEN"]);
    }

    [Fact]
    public async Task NoProxy_bypasses_every_proxy()
    {
        await using FakeGitLabServer proxy = await TestClients.StartServerAsync();
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using GitLabSession session = TestClients.CreateSession(
            server.Url, options => (options.NoProxy, options.Proxy) = (true, new WebProxy(proxy.Url)));
        await new GitLabClient(session).GetAgentAsync(101, 11);
        Assert.Empty(proxy.Requests);
        Assert.Single(server.Requests);
    }

    private static Task CheckAsync(FakeGitLabServer server, string host, bool works, Action<TransportOptions> set)
        => CheckAsync(server, new Uri($"https://{host}:{server.Url.Port}"), works, set);

    private static async Task CheckAsync(FakeGitLabServer server, Uri url, bool works, Action<TransportOptions> set)
    {
        using GitLabSession session = TestClients.CreateSession(url, set);
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
}
