using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks the operations on URL configurations over HTTP.</summary>
public sealed class UrlConfigurationTests
{
    private const long Project = 101;
    private const long Agent = 11;
    private const string Url = "grpcs://agent.example.com:443";
    private const string Path = "/api/v4/projects/101/cluster_agents/11/url_configurations";

    private static readonly PemFiles Pems = new();

    [Fact]
    public async Task JWT_sends_only_the_URL_and_returns_the_public_key_for_Helm()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        using NewUrlConfiguration content = Content();
        AgentUrlConfiguration created = await TestClients.CreateClient(server)
            .CreateUrlConfigurationAsync(Project, Agent, content);

        RecordedRequest request = Assert.Single(server.Requests);
        Assert.Equal("POST", request.Method);
        Assert.Equal(Path, request.RawTarget);
        Assert.Equal($$"""{"url":"{{Url}}"}""", request.Body);
        Assert.Equal(UrlAuthenticationMethod.Jwt, created.AuthenticationMethod);
        Assert.Equal(32, Convert.FromBase64String(created.PublicKey!).Length);
        Assert.DoesNotContain('\n', created.PublicKey!);
        Assert.Null(created.ClientCertificate);
        Assert.Null(created.CertificateExpiresAt);
        Assert.Equal((Project, Agent, created.Id), (created.ProjectId, created.AgentId, created.UrlConfigurationId));
    }

    [Theory]
    [InlineData(CertificateEncoding.Strict)]
    [InlineData(CertificateEncoding.LineBreaks)]
    [InlineData(CertificateEncoding.Pem)]
    public async Task Mutual_TLS_sends_certificates_and_returns_PEM(CertificateEncoding encoding)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(o => o.CertificateEncoding = encoding);
        GitLabClient client = TestClients.CreateClient(server);
        using NewUrlConfiguration content = Content(Pems.Certificate, Pems.Key, Pems.Expired, "agent.internal");
        AgentUrlConfiguration created = await client.CreateUrlConfigurationAsync(Project, Agent, content);

        using JsonDocument body = JsonDocument.Parse(server.Requests.Last(request => request.Method == "POST").Body);
        Assert.Equal(
            ["url", "client_cert", "client_key", "ca_cert", "tls_host"],
            body.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal(Pems.Certificate, Decode(body, "client_cert"));
        Assert.Equal(Pems.Key, Decode(body, "client_key"));
        Assert.Equal(Pems.Expired, Decode(body, "ca_cert"));

        AgentUrlConfiguration read = await client.GetUrlConfigurationAsync(Project, Agent, created.Id);
        AgentUrlConfiguration listed = Assert.Single(await client.GetUrlConfigurationsAsync(Project, Agent));
        foreach (AgentUrlConfiguration configuration in new[] { created, read, listed })
        {
            Assert.Equal(UrlAuthenticationMethod.Mtls, configuration.AuthenticationMethod);
            Assert.Equal(Pems.Certificate.Trim(), configuration.ClientCertificate!.Trim());
            Assert.Equal(Pems.Expired.Trim(), configuration.CaCertificate!.Trim());
            Assert.Equal("agent.internal", configuration.TlsHost);
            Assert.Null(configuration.PublicKey);
            Assert.InRange(
                configuration.CertificateExpiresAt!.Value,
                DateTimeOffset.UtcNow.AddDays(29),
                DateTimeOffset.UtcNow.AddDays(31));
        }
    }

    [Fact]
    public async Task Line_breaks_are_removed_from_a_public_key()
    {
        byte[] key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
        string broken = Convert.ToBase64String(key).Insert(20, "\\n") + "\\n";
        GitLabClient client = TestClients.CreateClient(
            new FakeHandler(
                _ => TestClients.Json(
                    $$"""[{"id":1,"agent_id":11,"url":"grpc://a","public_key":"{{broken}}","client_cert":null"""
                        + ""","ca_cert":"","unknown":[]}]""")));
        AgentUrlConfiguration read = Assert.Single(await client.GetUrlConfigurationsAsync(Project, Agent));
        Assert.Equal(Convert.ToBase64String(key), read.PublicKey);
        Assert.Null(read.CaCertificate);
    }

    [Theory]
    [InlineData("client_cert", "!!! no base64 !!!")]
    [InlineData("client_cert", "aGVsbG8=")]
    [InlineData("public_key", "!!! no base64 !!!")]
    public async Task An_invalid_certificate_or_key_is_an_invalid_response(string field, string value)
    {
        GitLabClient client = TestClients.CreateClient(
            new FakeHandler(
                _ => TestClients.Json($$"""{"id":1,"agent_id":11,"url":"grpc://a","{{field}}":"{{value}}"}""")));
        await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse, () => client.GetUrlConfigurationAsync(Project, Agent, 1));
    }

    [Theory]
    [InlineData("")]
    [InlineData("example.com")]
    [InlineData("https://example.com")]
    [InlineData("grpcs://")]
    [InlineData("grpc:example")]
    public void A_URL_that_is_not_gRPC_is_rejected(string url)
    {
        GitLabApiException e = Assert.Throws<GitLabApiException>(
            () => new NewUrlConfiguration(url, null, null, null, null));
        Assert.Equal(GitLabErrorKind.InvalidRequest, e.Kind);
        Assert.Contains("grpc://", e.Message, StringComparison.Ordinal);
    }

    // By name, because the content of the files differs in each run.
    private static readonly Dictionary<string, (string? Certificate, string? Key, string Expected)> InvalidFiles = new()
    {
        ["certificate without key"] = (
            Pems.Certificate, null,
            "cert.pem was specified without its private key"),
        ["key without certificate"] = (
            null, Pems.Key,
            "key.pem was specified without its certificate"),
        ["swapped certificate"] = (
            Pems.Key, Pems.Key,
            "cert.pem contains a private key where a certificate is expected"),
        ["swapped key"] = (
            Pems.Certificate, Pems.Certificate,
            "key.pem contains a certificate where a private key is expected"),
        ["no PEM"] = (
            "hello", Pems.Key,
            "cert.pem is not PEM"),
        ["der"] = (
            "0\u0082\u0003", Pems.Key,
            "cert.pem is not PEM"),
        ["empty"] = (
            Pems.Certificate, string.Empty,
            "key.pem is not PEM"),
        ["incomplete block"] = (
            Pems.Certificate[..200], Pems.Key,
            "cert.pem is not valid PEM"),
        ["damaged certificate"] = (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", Pems.Key,
            "cert.pem contains a certificate that cannot be read"),
        ["encrypted key"] = (
            Pems.Certificate, Pems.EncryptedKey,
            "key.pem is encrypted"),
        ["encrypted key in the traditional format"] = (
            Pems.Certificate, Pems.TraditionalEncryptedKey,
            "key.pem is encrypted"),
        ["another key"] = (
            Pems.Certificate, Pems.OtherKey,
            "key.pem does not belong to the certificate of cert.pem"),
        ["key of another algorithm"] = (
            Pems.Certificate, Pems.CurveKey,
            "key.pem does not belong to the certificate of cert.pem"),
        ["public key"] = (
            Pems.Certificate, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
            "key.pem does not contain a private key"),
    };

    public static TheoryData<string> InvalidFileNames() => [.. InvalidFiles.Keys];

    [Theory]
    [MemberData(nameof(InvalidFileNames))]
    public void An_invalid_file_is_rejected_with_its_name_and_the_reason(string name)
    {
        (string? certificate, string? key, string expected) = InvalidFiles[name];
        GitLabApiException e = Assert.Throws<GitLabApiException>(() => Content(certificate, key));
        Assert.Equal(GitLabErrorKind.InvalidRequest, e.Kind);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(FirstLineOf(Pems.Key), e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_private_key_in_the_certificate_file_is_not_sent()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        string both = Pems.Certificate + Pems.Key;
        using NewUrlConfiguration content = Content(both, both);
        await TestClients.CreateClient(server).CreateUrlConfigurationAsync(Project, Agent, content);
        using JsonDocument body = JsonDocument.Parse(server.Requests.Last(request => request.Method == "POST").Body);
        Assert.Equal(Pems.Certificate, Decode(body, "client_cert"));
        Assert.Equal(Pems.Key, Decode(body, "client_key"));
    }

    [Fact]
    public void A_key_in_the_traditional_format_is_accepted()
        => Content(Pems.Certificate, Pems.TraditionalKey).Dispose();

    [Fact]
    public void An_expired_certificate_is_a_warning()
    {
        using NewUrlConfiguration content = Content(Pems.Expired, Pems.Key, Pems.Certificate);
        string warning = Assert.Single(content.GetWarnings(DateTimeOffset.UtcNow));
        Assert.Contains("cert.pem", warning, StringComparison.Ordinal);
        Assert.Contains("expired", warning, StringComparison.Ordinal);
        Assert.Contains(
            "not valid before",
            content.GetWarnings(DateTimeOffset.UtcNow.AddYears(-1)).First(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configuration_is_removed_if_the_server_ignored_its_certificate()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(
            Fault.Body("""{"id":501,"agent_id":12,"url":"grpcs://a","public_key":"AAAA"}""", status: 201)
                .On("POST", "/url_configurations"));
        using NewUrlConfiguration content = Content(Pems.Certificate, Pems.Key);
        GitLabApiException e = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse,
            () => TestClients.CreateClient(server).CreateUrlConfigurationAsync(Project, 12, content));
        Assert.Contains("ignored the client certificate", e.Message, StringComparison.Ordinal);
        Assert.Contains("was removed", e.Message, StringComparison.Ordinal);
        Assert.Null(server.State.UrlConfigurationOf(server.State.FindAgent(12)!));
    }

    [Theory]
    [InlineData(200, """{"id":501,"status":"ok"}""")]
    [InlineData(201, """{"id":501,"url":"grpcs://a"}""")]
    public async Task A_response_that_is_not_about_the_agent_removes_no_configuration(int status, string body)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Body(body, status: status).On("POST", "/url_configurations"));
        using NewUrlConfiguration content = Content(Pems.Certificate, Pems.Key);
        GitLabApiException e = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse,
            () => TestClients.CreateClient(server).CreateUrlConfigurationAsync(Project, 12, content));
        Assert.Contains("may have processed", e.Message, StringComparison.Ordinal);
        Assert.NotNull(server.State.UrlConfigurationOf(server.State.FindAgent(12)!));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task If_that_removal_fails_the_error_has_the_command_to_repeat_it()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(
            Fault.Body("""{"id":501,"agent_id":12,"url":"grpcs://a","public_key":"AAAA"}""", status: 201)
                .On("POST", "/url_configurations"));
        server.Faults.Add(Fault.Status(500).On("DELETE").Always());
        using NewUrlConfiguration content = Content(Pems.Certificate, Pems.Key);
        GitLabApiException e = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidResponse,
            () => TestClients.CreateClient(server).CreateUrlConfigurationAsync(Project, 12, content));
        Assert.Contains(
            "Remove-GitLabAgentUrlConfiguration -Project 101 -Agent 12 -UrlConfigurationId 501",
            e.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ReceptiveAgents.Off, "are disabled on this GitLab")]
    [InlineData(ReceptiveAgents.Absent, "has no receptive agents")]
    public async Task The_error_distinguishes_disabled_from_unsupported_receptive_agents(
        ReceptiveAgents state, string text)
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync(o => o.ReceptiveAgents = state);
        GitLabClient client = TestClients.CreateClient(server);
        using NewUrlConfiguration content = Content();
        foreach (Func<Task> operation in Operations(client, content, 501))
        {
            GitLabApiException e = await TestClients.ThrowsAsync(GitLabErrorKind.UrlConfigurationNotFound, operation);
            Assert.Contains(text, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_error_distinguishes_a_missing_agent_project_and_configuration()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        GitLabClient client = TestClients.CreateClient(server);
        using NewUrlConfiguration content = Content();
        await TestClients.ThrowsAsync(
            GitLabErrorKind.AgentNotFound, () => client.GetUrlConfigurationsAsync(Project, 999));
        await TestClients.ThrowsAsync(
            GitLabErrorKind.AgentNotFound, () => client.GetUrlConfigurationAsync(Project, 999, 1));
        await TestClients.ThrowsAsync(
            GitLabErrorKind.AgentNotFound, () => client.CreateUrlConfigurationAsync(Project, 999, content));
        await TestClients.ThrowsAsync(
            GitLabErrorKind.AgentNotFound, () => client.DeleteUrlConfigurationAsync(Project, 999, 1));
        GitLabApiException e = await TestClients.ThrowsAsync(
            GitLabErrorKind.UrlConfigurationNotFound, () => client.GetUrlConfigurationAsync(Project, Agent, 999));
        Assert.Contains("no such URL configuration", e.Message, StringComparison.Ordinal);
        await TestClients.ThrowsAsync(
            GitLabErrorKind.UrlConfigurationNotFound, () => client.DeleteUrlConfigurationAsync(Project, Agent, 999));
    }

    [Fact]
    public async Task A_role_below_Maintainer_is_forbidden()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        GitLabClient client = TestClients.CreateClient(server, token: "glpat-developer");
        using NewUrlConfiguration content = Content();
        foreach (Func<Task> operation in Operations(client, content, 501))
        {
            GitLabApiException e = await TestClients.ThrowsAsync(GitLabErrorKind.Forbidden, operation);
            Assert.Contains("Maintainer", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_second_configuration_is_a_conflict_whatever_the_message()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(
            Fault.Status(400, """{"message":"400 Bad request - 既に存在します"}""")
                .On("POST", "/url_configurations")
                .Always());
        GitLabClient client = TestClients.CreateClient(server);
        using NewUrlConfiguration content = Content();
        GitLabApiException e = await TestClients.ThrowsAsync(
            GitLabErrorKind.Conflict, () => client.CreateUrlConfigurationAsync(Project, 12, content));
        Assert.Contains("既に存在します", e.Message, StringComparison.Ordinal);
        await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidRequest, () => client.CreateUrlConfigurationAsync(Project, Agent, content));
    }

    [Fact]
    public async Task A_lost_response_is_an_unknown_outcome_and_is_not_retried()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        server.Faults.Add(Fault.Reset().On("POST").AfterActing());
        using NewUrlConfiguration content = Content(Pems.Certificate, Pems.Key);
        GitLabApiException e = await TestClients.ThrowsAsync(
            GitLabErrorKind.OutcomeUnknown,
            () => TestClients.CreateClient(server).CreateUrlConfigurationAsync(Project, Agent, content));
        Assert.Contains("Get-GitLabAgentUrlConfiguration -Project 101 -Agent 11", e.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_private_key_that_the_server_echoes_is_in_no_error_or_message()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        string sent = Convert.ToBase64String(Encoding.UTF8.GetBytes(Pems.Key));
        server.Faults.Add(
            Fault.Status(422, $$"""{"message":"cannot take {{sent}} as {{FirstLineOf(Pems.Key)}}"}""").On("POST"));
        var observer = new RecordingObserver();
        using NewUrlConfiguration content = Content(Pems.Certificate, Pems.Key);
        GitLabApiException e = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidRequest,
            () => TestClients.CreateClient(server, observer: observer)
                .CreateUrlConfigurationAsync(Project, Agent, content));
        foreach (string text in new[] { e.ToString(), e.ServerMessage ?? string.Empty, observer.ToString() })
        {
            Assert.DoesNotContain(FirstLineOf(Pems.Key), text, StringComparison.Ordinal);
            Assert.DoesNotContain(sent[..60], text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_removal_sends_one_DELETE()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        await TestClients.CreateClient(server).DeleteUrlConfigurationAsync(Project, 12, 501);
        RecordedRequest request = Assert.Single(server.Requests);
        Assert.Equal(
            ("DELETE", "/api/v4/projects/101/cluster_agents/12/url_configurations/501"),
            (request.Method, request.RawTarget));
        Assert.Empty(server.State.UrlConfigurations);
    }

    private static IEnumerable<Func<Task>> Operations(GitLabClient client, NewUrlConfiguration content, long id) =>
    [
        () => client.GetUrlConfigurationsAsync(Project, 12),
        () => client.GetUrlConfigurationAsync(Project, 12, id),
        () => client.CreateUrlConfigurationAsync(Project, 12, content),
        () => client.DeleteUrlConfigurationAsync(Project, 12, id),
    ];

    private static NewUrlConfiguration Content(
        string? certificate = null, string? key = null, string? authority = null, string? tlsHost = null)
        => new(
            Url,
            tlsHost,
            certificate is null ? null : PemMaterial.Certificate("cert.pem", certificate.ToCharArray()),
            key is null ? null : PemMaterial.PrivateKey("key.pem", key.ToCharArray()),
            authority is null ? null : PemMaterial.Certificate("ca.pem", authority.ToCharArray()));

    // The server accepts PEM or base64 of it.
    private static string Decode(JsonDocument body, string name)
        => body.RootElement.GetProperty(name).GetString() is { } text && Pem.IsPem(text)
            ? text
            : Encoding.UTF8.GetString(body.RootElement.GetProperty(name).GetBytesFromBase64());

    private static string FirstLineOf(string pem) => pem.Split('\n')[1];
}
