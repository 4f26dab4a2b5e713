using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Text.Json;
using System.Threading.Tasks;
using RichardSzalay.MockHttp;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>
/// Checks that certificates have the encoding that the release of GitLab expects: PEM, or base64 of it in older
/// releases.
/// </summary>
public sealed class CertificateFormTests
{
    private const string Path = "https://gitlab.example.com/api/v4/projects/101/cluster_agents/11/url_configurations";
    private const string NotPem =
        """{"message":"400 Bad request - [\"Client cert must be a valid PEM certificate\"]"}""";

    private const string NotBase64 = """{"message":"400 Bad request - [\"Client cert is not base64\"]"}""";

    private static readonly PemFiles Pems = new();

    private readonly List<string> _sent = [];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_encoding_that_the_server_accepts_is_detected_once_per_session(bool takesBase64)
    {
        using MockHttpMessageHandler http = CreateServer(pem => pem == takesBase64 ? 400 : 201);
        GitLabClient client = TestClients.CreateClient(http);
        using NewUrlConfiguration content = Content();
        AgentUrlConfiguration created = await client.CreateUrlConfigurationAsync(101, 11, content);
        Assert.Equal(takesBase64 ? ["pem", "base64"] : ["pem"], _sent);
        Assert.Equal(Pems.Certificate, created.ClientCertificate);

        _sent.Clear();
        await new GitLabClient(client.Session).CreateUrlConfigurationAsync(101, 11, content);
        Assert.Equal([takesBase64 ? "base64" : "pem"], _sent);
    }

    [Fact]
    public async Task An_error_quotes_both_reasons_if_the_server_rejects_both_encodings()
    {
        using MockHttpMessageHandler http = CreateServer(_ => 400);
        using NewUrlConfiguration content = Content();
        GitLabApiException e = await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidRequest,
            () => TestClients.CreateClient(http).CreateUrlConfigurationAsync(101, 11, content));
        Assert.Equal(["pem", "base64"], _sent);
        Assert.Contains("valid PEM certificate", e.Message, StringComparison.Ordinal);
        Assert.Contains("is not base64", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(403, GitLabErrorKind.Forbidden)]
    [InlineData(500, GitLabErrorKind.ServerError)]
    public async Task Only_a_400_is_retried_with_the_other_encoding(int status, GitLabErrorKind kind)
    {
        using MockHttpMessageHandler http = CreateServer(_ => status);
        using NewUrlConfiguration content = Content();
        await TestClients.ThrowsAsync(
            kind, () => TestClients.CreateClient(http).CreateUrlConfigurationAsync(101, 11, content));
        Assert.Equal(["pem"], _sent);
    }

    [Fact]
    public async Task A_request_without_certificates_is_not_retried_with_another_encoding()
    {
        using MockHttpMessageHandler http = CreateServer(_ => 400);
        using var content = new NewUrlConfiguration("grpcs://agent.example.com", null, null, null, null);
        await TestClients.ThrowsAsync(
            GitLabErrorKind.InvalidRequest,
            () => TestClients.CreateClient(http).CreateUrlConfigurationAsync(101, 11, content));
        Assert.Equal(["none"], _sent);
    }

    [Theory]
    [InlineData("crlf")]
    [InlineData("leading text")]
    [InlineData("no last line break")]
    [InlineData("indented")]
    [InlineData("one line")]
    [InlineData("byte order mark")]
    public async Task PEM_is_normalized_before_it_is_sent(string how)
    {
        string Write(string pem) => how switch
        {
            "crlf" => pem.Replace("\n", "\r\n", StringComparison.Ordinal),
            "leading text" => "Bag Attributes\n  friendlyName: me\n" + pem,
            "no last line break" => pem.TrimEnd(),
            "indented" => string.Join('\n', pem.Split('\n').Select(line => "    " + line + " ")),
            "one line" => string.Join(
                "\n", pem.Split('\n')[0], string.Concat(pem.Split('\n')[1..^2]), pem.Split('\n')[^2]),
            _ => "\uFEFF" + pem,
        };
        using MockHttpMessageHandler http = CreateServer(_ => 201);
        using NewUrlConfiguration content = Content(Write(Pems.Certificate + Pems.Expired), Write(Pems.Key));
        await TestClients.CreateClient(http).CreateUrlConfigurationAsync(101, 11, content);
        using JsonDocument body = JsonDocument.Parse(content.ToJson(useBase64: false));
        Assert.Equal(Pems.Certificate + Pems.Expired, body.RootElement.GetProperty("client_cert").GetString());
        Assert.Equal(Pems.Key, body.RootElement.GetProperty("client_key").GetString());
    }

    [Theory]
    [InlineData("Ed25519", 0x70, 32)]
    [InlineData("Ed448", 0x71, 57)]
    public void A_key_that_GitLab_cannot_handle_is_rejected(string name, byte identifier, byte length)
    {
        // PKCS #8: version, algorithm, and the key as an octet string in another.
        byte[] key =
        [
            0x30, (byte)(length + 14), 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, identifier,
            0x04, (byte)(length + 2), 0x04, length, .. new byte[length],
        ];
        string pem = Armor("PRIVATE KEY", key);
        foreach (string text in new[] { pem, pem.Replace("\n", "\r\n", StringComparison.Ordinal) })
        {
            GitLabApiException e = Assert.Throws<GitLabApiException>(() => Content(Pems.Certificate, text));
            Assert.Equal(GitLabErrorKind.InvalidRequest, e.Kind);
            Assert.Contains(
                $"key.pem is an {name} key, which GitLab does not accept", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_key_that_TLS_cannot_use_is_rejected()
    {
        Assert.Contains(
            "is an SSH key",
            Assert.Throws<GitLabApiException>(
                () => Content(Pems.Certificate, Armor("OPENSSH PRIVATE KEY", new byte[64]))).Message,
            StringComparison.Ordinal);
        string broken = Pems.Key.Insert(100, "*");
        Assert.Contains(
            "not base64",
            Assert.Throws<GitLabApiException>(() => Content(Pems.Certificate, broken)).Message,
            StringComparison.Ordinal);
    }

    private static string Armor(string label, byte[] data)
        => $"-----BEGIN {label}-----\n{Convert.ToBase64String(data)}\n-----END {label}-----\n";

    private static NewUrlConfiguration Content(string? certificate = null, string? key = null) => new(
        "grpcs://agent.example.com",
        null,
        PemMaterial.Certificate("cert.pem", (certificate ?? Pems.Certificate).ToCharArray()),
        PemMaterial.PrivateKey("key.pem", (key ?? Pems.Key).ToCharArray()),
        null);

    // Creates a server that returns certificates as it received them.
    private MockHttpMessageHandler CreateServer(Func<bool, int> statusForPem)
    {
        var http = new MockHttpMessageHandler();
        http.When(HttpMethod.Get, Path).Respond("application/json", "[]");
        http.When(HttpMethod.Post, Path).Respond(async request =>
        {
            using JsonDocument body = JsonDocument.Parse(await request.Content!.ReadAsStringAsync());
            bool hasCertificate = body.RootElement.TryGetProperty("client_cert", out JsonElement value);
            string? certificate = hasCertificate ? value.GetString() : null;
            bool isPem = certificate is not null && Pem.IsPem(certificate);
            string form = isPem ? "pem" : "base64";
            _sent.Add(certificate is null ? "none" : form);
            int status = statusForPem(isPem);
            return status == 201
                ? TestClients.Json(
                    $$"""{"id":1,"agent_id":11,"url":"grpcs://a","client_cert":{{value.GetRawText()}}}""", 201)
                : TestClients.Json(isPem ? NotBase64 : NotPem, status);
        });
        return http;
    }
}
