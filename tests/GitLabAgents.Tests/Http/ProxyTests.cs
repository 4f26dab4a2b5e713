using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using GitLabAgents.Transport;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks which proxy is used, and the errors of a proxy.</summary>
public sealed class ProxyTests : IDisposable
{
    private static readonly NetworkCredential Credential = new("me", "pr0xy-pass");

    private readonly X509Certificate2 _certificate = Certificates.CreateSelfSigned();

    public void Dispose() => _certificate.Dispose();

    [Theory]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task A_POST_is_retried_if_the_proxy_rejects_its_tunnel_temporarily(int status)
    {
        await using FakeGitLabServer server = await StartServerAsync();
        await using var proxy = new TestProxy((number, _) => number == 1 ? status : 200);
        ClusterAgent agent = await Client(server, proxy).CreateAgentAsync(101, "tunnel");
        Assert.Equal("tunnel", agent.Name);
        Assert.Equal(2, proxy.Requests.Count);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_POST_whose_tunnel_is_always_rejected_was_not_sent()
    {
        await using FakeGitLabServer server = await StartServerAsync();
        await using var proxy = new TestProxy((_, _) => 503);
        GitLabApiException e = await TestClients.ThrowsAsync(
            GitLabErrorKind.ConnectionFailed, () => Client(server, proxy).CreateAgentAsync(101, "tunnel"));
        string name = proxy.Url.GetLeftPart(UriPartial.Authority);
        string expected = $"the proxy {name} refused the connection to localhost:{server.Url.Port} (503)";
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.Equal(5, proxy.Requests.Count);
    }

    [Theory]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(405)]
    public async Task A_tunnel_that_is_rejected_permanently_is_not_retried(int status)
    {
        await using FakeGitLabServer server = await StartServerAsync();
        Func<GitLabClient, Task>[] acts =
        [
            client => client.GetAgentAsync(101, 11),
            client => client.CreateAgentAsync(101, "new"),
            client => client.DeleteAgentAsync(101, 11),
        ];
        foreach (Func<GitLabClient, Task> act in acts)
        {
            await using var proxy = new TestProxy((_, _) => status);
            GitLabApiException e = await TestClients.ThrowsAsync(
                GitLabErrorKind.ConnectionFailed, () => act(Client(server, proxy)));
            Assert.Contains(proxy.Url.Authority, e.Message, StringComparison.Ordinal);
            Assert.Contains($"({status})", e.Message, StringComparison.Ordinal);
            Assert.Single(proxy.Requests);
        }
    }

    [Theory]
    [InlineData("https")]
    [InlineData("http")]
    public async Task A_wrong_password_is_sent_to_the_proxy_once(string scheme)
    {
        await using FakeGitLabServer server = await StartServerAsync();
        await using var proxy = new TestProxy((_, _) => 407);
        using GitLabSession session = TestClients.CreateSession(
            new Uri($"{scheme}://localhost:{server.Url.Port}"),
            options => SetProxy(options, new WebProxy(proxy.Url) { Credentials = Credential }));
        GitLabApiException e = await TestClients.ThrowsAsync(
            GitLabErrorKind.ConnectionFailed, () => new GitLabClient(session).GetAgentAsync(101, 11));
        Assert.Single(
            proxy.Requests, request => request.Contains("Proxy-Authorization: Basic", StringComparison.Ordinal));
        Assert.Contains("-ProxyCredential", e.Message, StringComparison.Ordinal);
        Assert.Contains(proxy.Url.Authority, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("pr0xy-pass", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_not_sent_again_by_later_requests()
    {
        await using FakeGitLabServer server = await StartServerAsync();
        await using var proxy = new TestProxy((_, _) => 407);
        using GitLabSession session = TestClients.CreateSession(
            new Uri($"https://localhost:{server.Url.Port}"),
            options => SetProxy(options, new WebProxy(proxy.Url) { Credentials = Credential }));
        var client = new GitLabClient(session);
        Func<Task>[] acts =
        [
            () => client.GetAgentAsync(101, 11),
            () => client.GetAgentAsync(101, 12),
            () => client.CreateTokenAsync(101, 12, "new"),
            () => client.DeleteAgentAsync(101, 11),
        ];
        foreach (Func<Task> act in acts)
        {
            GitLabApiException e = await TestClients.ThrowsAsync(GitLabErrorKind.ConnectionFailed, act);
            Assert.Contains($"{proxy.Url.Authority} refused the connection", e.Message, StringComparison.Ordinal);
            Assert.Contains("(407)", e.Message, StringComparison.Ordinal);
            Assert.Contains("connect again", e.Message, StringComparison.Ordinal);
        }

        Assert.Single(
            proxy.Requests, request => request.Contains("Proxy-Authorization: Basic", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_proxy_that_asks_for_a_password_is_asked_again_if_none_was_sent()
    {
        await using FakeGitLabServer server = await StartServerAsync();
        await using var proxy = new TestProxy((number, _) => number == 1 ? 407 : 200);
        GitLabClient client = Client(server, proxy);
        await TestClients.ThrowsAsync(GitLabErrorKind.ConnectionFailed, () => client.GetAgentAsync(101, 11));
        Assert.Equal("prod", (await client.GetAgentAsync(101, 11)).Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not HTTP\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX")]
    public async Task A_POST_whose_tunnel_breaks_off_was_not_sent(string answer)
    {
        await using FakeGitLabServer server = await StartServerAsync();
        await using var proxy = new BreakingProxy(answer);
        using GitLabSession session = TestClients.CreateSession(
            new Uri($"https://localhost:{server.Url.Port}"),
            options =>
            {
                SetProxy(options, new WebProxy(proxy.Url));
                options.MaximumRetryCount = 1;
            });
        Func<GitLabClient, Task>[] acts =
        [
            client => client.CreateAgentAsync(101, "tunnel"),
            client => client.CreateTokenAsync(101, 12, "tunnel"),
        ];
        foreach (Func<GitLabClient, Task> act in acts)
        {
            var observer = new RecordingObserver();
            GitLabApiException e = await TestClients.ThrowsAsync(
                GitLabErrorKind.ConnectionFailed, () => act(new GitLabClient(session, observer)));
            Assert.DoesNotContain("was sent", e.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("may have processed", e.Message, StringComparison.Ordinal);
            Assert.Single(observer.Waits);
        }

        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task The_right_password_opens_the_tunnel()
    {
        await using FakeGitLabServer server = await StartServerAsync();
        await using var proxy = new TestProxy(
            (_, head) => head.Contains("Proxy-Authorization: Basic", StringComparison.Ordinal) ? 200 : 407);
        using GitLabSession session = TestClients.CreateSession(
            new Uri($"https://localhost:{server.Url.Port}"),
            options => SetProxy(options, ProxyAddress.TryCreate($"me:pr0xy-pass@{proxy.Url.Authority}")!));
        Assert.Equal("prod", (await new GitLabClient(session).GetAgentAsync(101, 11)).Name);
    }

    [Fact]
    public async Task A_SOCKS_proxy_connects_and_a_wrong_password_is_sent_to_it_once()
    {
        await using FakeGitLabServer server = await StartServerAsync();
        await using var proxy = new SocksProxy("pr0xy-pass");
        foreach ((string password, bool works) in new[] { ("pr0xy-pass", true), ("wr0ng-pass", false) })
        {
            int before = proxy.LogOnCount;
            using GitLabSession session = TestClients.CreateSession(
                new Uri($"https://localhost:{server.Url.Port}"),
                options => SetProxy(options, ProxyAddress.TryCreate($"socks5://me:{password}@{proxy.Authority}")!));
            Task<ClusterAgent> creating = new GitLabClient(session).CreateAgentAsync(101, "socks");
            if (works)
            {
                Assert.Equal("socks", (await creating).Name);
            }
            else
            {
                GitLabApiException e = await TestClients.ThrowsAsync(GitLabErrorKind.ConnectionFailed, () => creating);
                Assert.Contains($"the proxy socks5://{proxy.Authority} refused", e.Message, StringComparison.Ordinal);
            }

            Assert.Equal(1, proxy.LogOnCount - before);
        }
    }

    [Fact]
    public async Task A_POST_whose_TLS_handshake_broke_off_was_not_sent()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = Task.Run(async () =>
        {
            using TcpClient client = await listener.AcceptTcpClientAsync();
        });
        using GitLabSession session = TestClients.CreateSession(
            new Uri($"https://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}"),
            options => options.MaximumRetryCount = 0);
        await TestClients.ThrowsAsync(
            GitLabErrorKind.ConnectionFailed, () => new GitLabClient(session).CreateAgentAsync(101, "new"));
        await serving;
    }

    [Theory]
    [InlineData("proxy.example.com:3128", "http://proxy.example.com:3128/", null)]
    [InlineData("localhost:3128", "http://localhost:3128/", null)]
    [InlineData("127.0.0.1:3128", "http://127.0.0.1:3128/", null)]
    [InlineData("[::1]:3128", "http://[::1]:3128/", null)]
    [InlineData("proxy", "http://proxy/", null)]
    [InlineData(" HTTP://proxy:3128/ ", "http://proxy:3128/", null)]
    [InlineData("https://proxy", "https://proxy/", null)]
    [InlineData("socks4://proxy", "socks4://proxy:1080/", null)]
    [InlineData("socks4a://proxy:9", "socks4a://proxy:9/", null)]
    [InlineData("socks5://proxy", "socks5://proxy:1080/", null)]
    [InlineData("socks5h://proxy", "socks5://proxy:1080/", null)]
    [InlineData("http://me:secret@proxy:3128", "http://proxy:3128/", "me:secret")]
    [InlineData("me:secret@proxy:3128", "http://proxy:3128/", "me:secret")]
    [InlineData("me@proxy", "http://proxy/", "me:")]
    [InlineData("http://do%5Cme:p%40s%3As@proxy", "http://proxy/", "do\\me:p@s:s")]
    [InlineData("http://me:p@s#/?s@proxy:3128", "http://proxy:3128/", "me:p@s#/?s")]
    public void The_address_of_a_proxy_is_parsed_as_by_curl(string text, string address, string? credential)
    {
        WebProxy proxy = ProxyAddress.TryCreate(text)!;
        Assert.Equal(new Uri(address), proxy.Address);
        NetworkCredential? read = proxy.Credentials?.GetCredential(proxy.Address!, "Basic");
        Assert.Equal(credential, read is null ? null : $"{read.UserName}:{read.Password}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("ftp://proxy:21")]
    [InlineData("file:///etc/proxy")]
    [InlineData("/etc/proxy")]
    [InlineData(@"C:\proxy")]
    [InlineData("http://proxy:3128/path")]
    [InlineData("http://proxy:3128?a=b")]
    [InlineData("proxy:port")]
    [InlineData("proxy:0")]
    [InlineData("proxy:70000")]
    [InlineData("http://")]
    [InlineData("a b")]
    [InlineData("http:proxy:3128")]
    [InlineData("[::1")]
    public void An_invalid_proxy_address_is_ignored(string text) => Assert.Null(ProxyAddress.TryCreate(text));

    [Theory]
    [InlineData("http_proxy=p:1", "http://a/", "http://p:1/")]
    [InlineData("http_proxy=p:1", "https://a/", null)]
    [InlineData("HTTP_PROXY=p:1", "http://a/", "http://p:1/")]
    [InlineData("http_proxy=p:1;HTTP_PROXY=p:2", "http://a/", "http://p:1/")]
    [InlineData("HTTP_PROXY=p:1;GATEWAY_INTERFACE=CGI/1.1", "http://a/", null)]
    [InlineData("http_proxy=p:1;GATEWAY_INTERFACE=CGI/1.1", "http://a/", "http://p:1/")]
    [InlineData("https_proxy=p:1", "https://a/", "http://p:1/")]
    [InlineData("HTTPS_PROXY=p:1", "https://a/", "http://p:1/")]
    [InlineData("all_proxy=p:1", "https://a/", "http://p:1/")]
    [InlineData("ALL_PROXY=socks5://p", "https://a/", "socks5://p:1080/")]
    [InlineData("all_proxy=p:1;https_proxy=p:2", "https://a/", "http://p:2/")]
    [InlineData("all_proxy=p:1;https_proxy=p:2", "http://a/", "http://p:1/")]
    [InlineData("https_proxy=http://p:1/path", "https://a/", "http://p:1/")]
    [InlineData("https_proxy=", "https://a/", null)]
    [InlineData("all_proxy=socks://p:1", "https://a/", null)]
    [InlineData("https_proxy=p:1;no_proxy=a", "https://a/", null)]
    [InlineData("https_proxy=p:1;NO_PROXY=x, A ", "https://a/", null)]
    [InlineData("https_proxy=p:1;no_proxy=b.com", "https://a.b.com/", "http://p:1/")]
    [InlineData("https_proxy=p:1;no_proxy=.b.com", "https://a.b.com/", null)]
    [InlineData("https_proxy=p:1;no_proxy=.b.com", "https://b.com/", null)]
    [InlineData("https_proxy=p:1;no_proxy=.b.com", "https://ab.com/", "http://p:1/")]
    [InlineData("https_proxy=p:1;no_proxy=*", "https://a/", null)]
    public void Environment_variables_are_read_by_the_rules_of_NET(
        string variables, string destination, string? expected)
    {
        EnvironmentProxy? proxy = Read(variables);
        Uri? address = proxy?.GetProxy(new Uri(destination));
        Assert.Equal(expected, address?.AbsoluteUri);
        Assert.Equal(expected is null, proxy?.IsBypassed(new Uri(destination)) ?? true);
    }

    [Fact]
    public void Each_proxy_of_the_environment_has_its_own_credential()
    {
        EnvironmentProxy proxy = Read("http_proxy=a:1@p:1;https_proxy=b:2@p:2")!;
        Assert.Equal("a", proxy.Credentials!.GetCredential(new Uri("http://p:1"), "Basic")!.UserName);
        Assert.Equal("b", proxy.Credentials!.GetCredential(new Uri("http://p:2"), "Basic")!.UserName);
        Assert.Null(proxy.Credentials!.GetCredential(new Uri("http://p:3"), "Basic"));
    }

    private static EnvironmentProxy? Read(string variables)
    {
        Dictionary<string, string> values = variables.Split(';')
            .Select(variable => variable.Split('=', 2))
            .ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);
        return EnvironmentProxy.TryCreate(name => values.GetValueOrDefault(name));
    }

    private static GitLabClient Client(FakeGitLabServer server, TestProxy proxy) => new(TestClients.CreateSession(
        new Uri($"https://localhost:{server.Url.Port}"),
        options => SetProxy(options, new WebProxy(proxy.Url))));

    private static void SetProxy(TransportOptions options, WebProxy proxy)
        => (options.NoProxy, options.Proxy, options.SkipCertificateCheck) = (false, proxy, true);

    private Task<FakeGitLabServer> StartServerAsync()
        => TestClients.StartServerAsync(options => options.Certificate = _certificate);

    // Answers each request with the same bytes, and closes the connection.
    private sealed class BreakingProxy(string answer) : LoopbackServer
    {
        public Uri Url => new($"http://127.0.0.1:{Port}");

        protected override async Task ServeAsync(NetworkStream stream)
        {
            if (await stream.ReadAsync(new byte[4096]) > 0)
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
            }
        }
    }
}
