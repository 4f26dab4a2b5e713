using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Xunit;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace GitLabAgents.Tests;

/// <summary>Checks the text for Helm and kubectl, exactly and parsed. The Pester tests run it in shells.</summary>
public sealed class AgentManifestTests
{
    private const string Key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    private static readonly PemFiles Pems = new();

    public static TheoryData<string> UnusualTokens => new(
        "glagent-Abc_123-def.01.0w1x2y3z4",
        "1234567890",
        "007",
        "0x10",
        "0o17",
        "1e3",
        ".inf",
        "yes",
        "null",
        "~",
        "true",
        "2026-01-01",
        "- x",
        "a: b",
        "a #b",
        "{a}",
        "[a]",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`a",
        "|",
        ">",
        "'a'",
        "\"a\"",
        "\"",
        "\\",
        "\\n",
        " a ",
        "\t",
        "a\nb",
        "a\r\nb",
        "---",
        "...",
        "ключ",
        "🔑",
        "\u0007",
        "\u0085\u2028\uFEFF",
        "{{ .Values }}",
        new string('a', 4096));

    [Fact]
    public void The_command_is_one_line_without_the_token()
        => Assert.Equal(
            "helm upgrade --install gitlab-agent gitlab/gitlab-agent --namespace gitlab-agent --create-namespace "
                + "--set-string config.secretName=gitlab-agent-token --set-string "
                + "config.kasAddress=wss://kas.example.com",
            CreateManifest().ToHelmCommand(null));

    [Fact]
    public void The_command_for_a_receptive_agent_has_no_KAS_address()
        => Assert.Equal(
            "helm upgrade --install gitlab-agent gitlab/gitlab-agent --namespace gitlab-agent --create-namespace "
                + "--set-string config.secretName=gitlab-agent-token --set config.receptive.enabled=true "
                + $"--set-string config.api.jwtPublicKey={Key}",
            CreateReceptiveManifest().ToHelmCommand(null));

    [Theory]
    [InlineData("/etc/ssl/ca.pem", "config.kasCaCert=/etc/ssl/ca.pem")]
    [InlineData("/my files/ca.pem", "'config.kasCaCert=/my files/ca.pem'")]
    [InlineData("/a,b/ca.pem", @"'config.kasCaCert=/a\,b/ca.pem'")]
    [InlineData("/$HOME/`id`/\"x\"/!y", "'config.kasCaCert=/$HOME/`id`/\"x\"/!y'")]
    [InlineData("/o'brien/ca.pem", "\"config.kasCaCert=/o'brien/ca.pem\"")]
    [InlineData("/o\u2019brien, jr/ca.pem", "\"config.kasCaCert=/o\u2019brien\\, jr/ca.pem\"")]
    [InlineData("/100%25/ca.pem", "'config.kasCaCert=/100%25/ca.pem'")]
    [InlineData("/Ключи/ca.pem", "'config.kasCaCert=/Ключи/ca.pem'")]
    public void A_path_is_quoted_if_necessary(string path, string word)
        => Assert.EndsWith($" --set-file {word}", CreateManifest().ToHelmCommand(path), StringComparison.Ordinal);

    [SkippableFact]
    public void A_backslash_is_escaped_if_it_is_not_a_directory_separator()
    {
        Skip.If(Path.DirectorySeparatorChar == '\\', "A backslash parts folders here.");
        Assert.EndsWith(
            @" --set-file 'config.kasCaCert=/a\\b'", CreateManifest().ToHelmCommand(@"/a\b"), StringComparison.Ordinal);
        AssertRejected("simpler path", () => CreateManifest().ToHelmCommand(@"/o'brien\x"));
    }

    [Theory]
    [InlineData("/it's $5/ca.pem")]
    [InlineData("/it's `id`/ca.pem")]
    [InlineData("/it's \"it\"/ca.pem")]
    [InlineData("/it's \u201Cit\u201D/ca.pem")]
    [InlineData("/it's it!/ca.pem")]
    [InlineData("/two\nlines/ca.pem")]
    [InlineData("/bell\u0007/ca.pem")]
    [InlineData("/100%/ca.pem")]
    [InlineData("/100%4/ca.pem")]
    [InlineData("/100%zz/ca.pem")]
    public void A_path_that_Helm_or_a_shell_would_misread_is_rejected(string path)
        => AssertRejected("simpler path", () => CreateManifest().ToHelmCommand(path));

    [Fact]
    public void The_values_match_the_command()
    {
        const string expected = """
            config:
              secretName: "gitlab-agent-token"
              kasAddress: "wss://kas.example.com"

            """;
        string text = CreateManifest().ToHelmValues(null);
        Assert.Equal(NormalizeLineEndings(expected), text);
        Assert.Equal(
            [("config.secretName", "gitlab-agent-token"), ("config.kasAddress", "wss://kas.example.com")],
            Read(text).Select(e => (e.Path, e.Node.Value!)));
    }

    [Fact]
    public void The_values_for_a_receptive_agent_enable_it_and_contain_its_key()
    {
        const string expected = $"""
            config:
              secretName: "gitlab-agent-token"
              receptive:
                enabled: true
              api:
                jwtPublicKey: "{Key}"

            """;
        string text = CreateReceptiveManifest().ToHelmValues(null);
        Assert.Equal(NormalizeLineEndings(expected), text);
        Assert.Equal(
            [
                ("config.secretName", "gitlab-agent-token", ScalarStyle.DoubleQuoted),
                ("config.receptive.enabled", "true", ScalarStyle.Plain),
                ("config.api.jwtPublicKey", Key, ScalarStyle.DoubleQuoted),
            ],
            Read(text).Select(e => (e.Path, e.Node.Value!, e.Node.Style)));
    }

    [Theory]
    [InlineData("as it is")]
    [InlineData("CRLF")]
    [InlineData("CR")]
    [InlineData("indented, with comments")]
    [InlineData("with a byte order mark and no line end")]
    [InlineData("with trailing spaces")]
    [InlineData("with its private key")]
    public void A_certificate_is_normalized_whatever_the_format_of_its_file(string how)
    {
        string file = how switch
        {
            "CRLF" => Pems.Certificate.Replace("\n", "\r\n", StringComparison.Ordinal),
            "CR" => Pems.Certificate.Replace('\n', '\r'),
            "indented, with comments" =>
                "subject=CN = ÄÖ: #1\n\n  "
                    + Pems.Certificate.TrimEnd().Replace("\n", "\n\t ", StringComparison.Ordinal)
                    + "\n...\n---\n",
            "with a byte order mark and no line end" => "\uFEFF" + Pems.Certificate.TrimEnd(),
            "with trailing spaces" => Pems.Certificate.Replace("\n", "  \n", StringComparison.Ordinal),
            "with its private key" => Pems.Key + Pems.Certificate + Pems.TraditionalKey,
            _ => Pems.Certificate,
        };
        string text = Values(file);
        Assert.DoesNotContain('\r', text);
        Assert.DoesNotContain("PRIVATE", text, StringComparison.Ordinal);
        Assert.Equal(Values(Pems.Certificate), text);

        (string path, YamlScalarNode node) = Read(text).Last();
        Assert.Equal("config.kasCaCert", path);
        Assert.Equal(ScalarStyle.Literal, node.Style);
        using X509Certificate2 read = X509Certificate2.CreateFromPem(node.Value);
        using X509Certificate2 given = X509Certificate2.CreateFromPem(Pems.Certificate);
        Assert.Equal(given.RawData, read.RawData);
        Assert.EndsWith("-----END CERTIFICATE-----\n", node.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chain_keeps_its_order()
    {
        var read = new X509Certificate2Collection();
        read.ImportFromPem(Read(Values(Pems.Certificate + Pems.Expired)).Last().Node.Value);
        using X509Certificate2 first = X509Certificate2.CreateFromPem(Pems.Certificate);
        using X509Certificate2 second = X509Certificate2.CreateFromPem(Pems.Expired);
        Assert.Equal([first.RawData, second.RawData], read.Select(c => c.RawData));
    }

    [Fact]
    public void A_file_that_Helm_reads_must_not_contain_a_private_key()
    {
        AgentManifest.ReadCertificatesOnly("-X file", Pems.Certificate.ToCharArray()).Dispose();
        string message = AssertRejected(
            "contains a private key besides",
            () => AgentManifest.ReadCertificatesOnly("-X file", (Pems.Certificate + Pems.Key).ToCharArray()));
        Assert.StartsWith("-X file ", message, StringComparison.Ordinal);
        AssertRejected(
            "contains a private key where a certificate is expected",
            () => AgentManifest.ReadCertificatesOnly("-X file", Pems.Key.ToCharArray()));
    }

    [Fact]
    public void A_secret_has_version_1_and_is_opaque()
    {
        const string expected = """
            apiVersion: v1
            kind: Secret
            metadata:
              name: "gitlab-agent-token"
              namespace: "gitlab-agent"
            type: Opaque
            stringData:
              token: "glagent-x"

            """;
        Assert.Equal(
            NormalizeLineEndings(expected),
            CreateManifest().ToKubernetesSecret(TestClients.ToSecureString("glagent-x")));
    }

    [Fact]
    public void A_secret_for_a_receptive_agent_can_be_adopted_by_Helm()
    {
        const string expected = """
            apiVersion: v1
            kind: Secret
            metadata:
              name: "gitlab-agent-token"
              namespace: "gitlab-agent"
              labels:
                app.kubernetes.io/managed-by: Helm
              annotations:
                meta.helm.sh/release-name: "gitlab-agent"
                meta.helm.sh/release-namespace: "gitlab-agent"
            type: Opaque
            stringData:
              token: "glagent-x"

            """;
        Assert.Equal(
            NormalizeLineEndings(expected),
            CreateReceptiveManifest().ToKubernetesSecret(TestClients.ToSecureString("glagent-x")));
    }

    [Theory]
    [MemberData(nameof(UnusualTokens))]
    public void A_token_is_a_YAML_string_whatever_its_characters(string token)
    {
        string text = CreateManifest().ToKubernetesSecret(TestClients.ToSecureString(token));
        (string Path, YamlScalarNode Node)[] read = [.. Read(text)];
        Assert.Equal(
            ["apiVersion", "kind", "metadata.name", "metadata.namespace", "type", "stringData.token"],
            read.Select(e => e.Path));
        Assert.Equal(token, read[^1].Node.Value);
        Assert.Equal(ScalarStyle.DoubleQuoted, read[^1].Node.Style);
        Assert.Equal(8, text.Count(c => c == '\n'));
        Assert.EndsWith("\"\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("123")]
    [InlineData("1e3")]
    [InlineData("0x10")]
    [InlineData("null")]
    [InlineData("yes")]
    [InlineData("2026-01-01")]
    public void A_name_is_a_YAML_string(string name)
    {
        var manifest = new AgentManifest(name, name, name) { KasAddress = "ws://h", IsReceptive = true };
        (string Path, YamlScalarNode Node)[] names =
        [
            .. Read(manifest.ToKubernetesSecret(TestClients.ToSecureString("t"))).Where(e => e.Node.Value == name),
        ];
        Assert.Equal(4, names.Length);
        Assert.All(names, e => Assert.Equal(ScalarStyle.DoubleQuoted, e.Node.Style));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("0")]
    [InlineData("a-b--c")]
    [InlineData("{63}")]
    public void A_DNS_label_is_valid_for_each_name(string name)
    {
        name = Expand(name);
        string release = name[..Math.Min(name.Length, 53)];
        Assert.Contains(
            $"--namespace {name} ",
            new AgentManifest(name, release, name) { KasAddress = "ws://h" }.ToHelmCommand(null),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("a_b")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("a;b")]
    [InlineData("ä")]
    [InlineData("٣")]
    [InlineData("{254}")]
    public void An_invalid_name_is_rejected_for_each_parameter(string name)
    {
        name = Expand(name);
        AssertRejected("-Namespace ", () => new AgentManifest(name, "r", "s"));
        AssertRejected("-ReleaseName ", () => new AgentManifest("n", name, "s"));
        AssertRejected("-SecretName ", () => new AgentManifest("n", "r", name));
    }

    [Theory]
    [InlineData(".")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("a..b")]
    [InlineData("a.-b")]
    [InlineData("a-.b")]
    public void Dots_are_only_valid_between_labels(string name)
    {
        AssertRejected("-ReleaseName ", () => new AgentManifest("n", name, "s"));
        AssertRejected("-SecretName ", () => new AgentManifest("n", "r", name));
        AssertRejected("-Namespace ", () => new AgentManifest("a.b", "r", "s"));
        _ = new AgentManifest("n", "a.b", "a.b-c.0");
    }

    [Fact]
    public void Each_name_has_its_own_maximum_length()
    {
        _ = new AgentManifest(new string('n', 63), new string('r', 53), new string('s', 253));
        AssertRejected("-Namespace ", () => new AgentManifest(new string('n', 64), "r", "s"));
        AssertRejected("-ReleaseName ", () => new AgentManifest("n", new string('r', 54), "s"));
        AssertRejected("-SecretName ", () => new AgentManifest("n", "r", new string('s', 254)));
    }

    [Fact]
    public void An_invalid_name_is_not_repeated_in_the_error()
        => Assert.DoesNotContain(
            "glagent-",
            AssertRejected("-SecretName ", () => new AgentManifest("n", "r", "glagent-Secret_1")),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("wss://kas.gitlab.com")]
    [InlineData("ws://gitlab.example.com/-/kubernetes-agent/")]
    [InlineData("grpc://10.0.0.1:8150")]
    [InlineData("grpcs://[2001:db8::1]:443")]
    [InlineData("WSS://KAS.example.com")]
    public void An_address_of_each_scheme_is_accepted_unchanged(string address)
        => Assert.Same(address, AgentManifest.CheckKasAddress("-KasAddress", address));

    [Theory]
    [InlineData("")]
    [InlineData("kas.gitlab.com")]
    [InlineData("/kas")]
    [InlineData("https://kas.gitlab.com")]
    [InlineData("wss:kas.gitlab.com")]
    [InlineData("wss://")]
    [InlineData("wss:///path")]
    [InlineData("wss://user:hunter2@kas.gitlab.com")]
    [InlineData("wss://kas.gitlab.com?token=hunter2")]
    [InlineData("wss://kas.gitlab.com#hunter2")]
    [InlineData("wss://kas.gitlab.com/a b")]
    [InlineData("wss://kas.gitlab.com\n")]
    [InlineData(" wss://kas.gitlab.com")]
    [InlineData("wss://kas.gitlab.com/;id")]
    [InlineData("wss://kas.gitlab.com/$(id)")]
    [InlineData("wss://kas.gitlab.com/`id`")]
    [InlineData("wss://kas.gitlab.com/&id")]
    [InlineData("wss://kas.gitlab.com/|id")]
    [InlineData("wss://kas.gitlab.com/'")]
    [InlineData("wss://kas.gitlab.com/a,b")]
    [InlineData("wss://käs.example.com")]
    [InlineData("wss://kas.gitlab.com:99999")]
    public void An_invalid_address_is_rejected_and_not_repeated(string address)
        => Assert.DoesNotContain(
            "hunter2",
            AssertRejected(
                "-KasAddress is not a valid address for an agent",
                () => AgentManifest.CheckKasAddress("-KasAddress", address)),
            StringComparison.Ordinal);

    private static AgentManifest CreateManifest()
        => new("gitlab-agent", "gitlab-agent", "gitlab-agent-token") { KasAddress = "wss://kas.example.com" };

    private static AgentManifest CreateReceptiveManifest()
        => new("gitlab-agent", "gitlab-agent", "gitlab-agent-token") { IsReceptive = true, JwtPublicKey = Key };

    private static string Values(string file)
    {
        using PemMaterial material = PemMaterial.Certificate("-X", file.ToCharArray());
        return CreateManifest().ToHelmValues(material);
    }

    private static string AssertRejected(string text, Func<object> action)
    {
        GitLabApiException rejection = Assert.Throws<GitLabApiException>(action);
        Assert.Equal(GitLabErrorKind.InvalidRequest, rejection.Kind);
        Assert.Contains(text, rejection.Message, StringComparison.Ordinal);
        return rejection.Message;
    }

    private static string Expand(string name)
        => name.StartsWith('{')
            ? new string('a', int.Parse(name.Trim('{', '}'), System.Globalization.CultureInfo.InvariantCulture))
            : name;

    private static string NormalizeLineEndings(string text) => text.ReplaceLineEndings("\n");

    // Reads each scalar of the only document, with its path.
    private static IEnumerable<(string Path, YamlScalarNode Node)> Read(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return Walk(string.Empty, Assert.Single(stream.Documents).RootNode);

        static IEnumerable<(string, YamlScalarNode)> Walk(string path, YamlNode node)
            => node is YamlScalarNode scalar
                ? [(path, scalar)]
                : Assert.IsType<YamlMappingNode>(node).Children
                    .SelectMany(
                        child => Walk($"{path}.{((YamlScalarNode)child.Key).Value}".TrimStart('.'), child.Value));
    }
}
