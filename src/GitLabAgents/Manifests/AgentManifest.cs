using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace GitLabAgents;

/// <summary>
/// What installs an agent in a cluster, as text for <c>helm</c> and <c>kubectl</c>: the values of the chart
/// gitlab-agent, and the secret that they refer to.
/// See <see href="https://gitlab.com/gitlab-org/charts/gitlab-agent"/>.
/// </summary>
internal sealed class AgentManifest
{
    private static readonly TimeSpan HelmWaitTimeout = TimeSpan.FromSeconds(1);
    private static readonly Regex DnsLabel = new(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.ExplicitCapture, HelmWaitTimeout);
    private static readonly Regex AddressCharacters = new(@"\A[A-Za-z0-9._~%:/\[\]-]+\z", RegexOptions.ExplicitCapture, HelmWaitTimeout);
    private static readonly Regex BrokenEscape = new("%(?![0-9A-Fa-f]{2})", RegexOptions.ExplicitCapture, HelmWaitTimeout);
    private static readonly Regex PlainWord = new(@"\A[A-Za-z0-9._/:=+-]+\z", RegexOptions.ExplicitCapture, HelmWaitTimeout);

    // PowerShell takes the typographic quotes for quotes too.
    private static readonly char[] SingleQuotes = ['\'', '\u2018', '\u2019', '\u201A', '\u201B'];
    private static readonly char[] ActiveInDoubleQuotes = ['"', '\u201C', '\u201D', '\u201E', '$', '`', '!'];

    private readonly string _namespace;
    private readonly string _releaseName;
    private readonly string _secretName;

    /// <exception cref="GitLabApiException">A name is none that Kubernetes or Helm takes.</exception>
    public AgentManifest(string @namespace, string releaseName, string secretName)
    {
        // The rules are those of Kubernetes and Helm, which tell only when it is too late. What was given is not
        // repeated: who mistakes the token for the secret's name shall not find it in the error.
        if (@namespace.Length > 63 || !DnsLabel.IsMatch(@namespace))
        {
            throw CreateException("-Namespace is no name of a Kubernetes namespace: at most 63 lower-case letters, digits and '-', with a letter or digit at both ends.");
        }

        if (releaseName.Length > 53 || !releaseName.Split('.').All(DnsLabel.IsMatch))
        {
            throw CreateException("-ReleaseName is no name of a Helm release: at most 53 lower-case letters, digits, '-' and '.', with a letter or digit at both ends and around each '.'.");
        }

        if (secretName.Length > 253 || !secretName.Split('.').All(DnsLabel.IsMatch))
        {
            throw CreateException("-SecretName is no name of a Kubernetes secret: at most 253 lower-case letters, digits, '-' and '.', with a letter or digit at both ends and around each '.'.");
        }

        _namespace = @namespace;
        _releaseName = releaseName;
        _secretName = secretName;
    }

    /// <summary>Gets or sets where the agent connects to, checked by <see cref="CheckKasAddress"/>; nowhere if <see cref="IsReceptive"/>.</summary>
    public string? KasAddress { get; set; }

    /// <summary>Gets or sets a value indicating whether GitLab connects to the agent.</summary>
    public bool IsReceptive { get; set; }

    /// <summary>Gets or sets what a receptive agent knows GitLab by: the base64 of 32 bytes.</summary>
    public string? JwtPublicKey { get; set; }

    /// <summary>Checks that an address is one that the agent takes, and that no shell reads more into it.</summary>
    /// <param name="source">Where it comes from, for messages.</param>
    /// <param name="address">The address.</param>
    /// <exception cref="GitLabApiException">It is no such address. It is not repeated: it may carry a password.</exception>
    public static string CheckKasAddress(string source, string address)
        => AddressCharacters.IsMatch(address)
            && Uri.TryCreate(address, UriKind.Absolute, out Uri? uri)
            && uri.Scheme is "wss" or "ws" or "grpcs" or "grpc"
            && uri.Host.Length > 0
            ? address
            : throw CreateException($"{source} is no address that an agent connects to: a URL that begins with wss://, ws://, grpcs:// or grpc://, names a host, and has no user name, password, query or fragment, such as wss://kas.gitlab.example.com.");

    /// <summary>Takes certificates for a file that Helm reads by itself, and whole.</summary>
    /// <exception cref="GitLabApiException">It is no certificate, or holds a private key too.</exception>
    public static PemMaterial ReadSingleCertificate(string source, char[] text)
    {
        PemMaterial certificate = PemMaterial.Certificate(source, text);
        if (Pem.Find(text).Exists(static b => b.IsPrivateKey))
        {
            certificate.Dispose();
            throw PemMaterial.CreateException(source, "holds a private key beside the certificate. Helm would read both, and put them in a ConfigMap. Give a file without it, or use -Format HelmValues, which leaves it out.");
        }

        return certificate;
    }

    /// <summary>
    /// Gives the command line. A POSIX shell and PowerShell read the same words in it.
    /// </summary>
    /// <param name="kasCaCertificate">The full path of the file with the authority of the address, or <see langword="null"/> for the system's.</param>
    /// <exception cref="GitLabApiException">The path cannot be said so that Helm and both shells take it.</exception>
    public string ToHelmCommand(string? kasCaCertificate)
    {
        // --set would take a secret's name of digits for a number, and null for nothing.
        var words = new List<string>
        {
            "helm", "upgrade", "--install", _releaseName, "gitlab/gitlab-agent",
            "--namespace", _namespace, "--create-namespace",
            "--set-string", $"config.secretName={_secretName}",
        };
        if (IsReceptive)
        {
            words.AddRange(["--set", "config.receptive.enabled=true", "--set-string", $"config.api.jwtPublicKey={JwtPublicKey}"]);
        }
        else
        {
            words.AddRange(["--set-string", $"config.kasAddress={KasAddress}"]);
        }

        if (kasCaCertificate is not null)
        {
            words.AddRange(["--set-file", $"config.kasCaCert={EscapeForHelm(kasCaCertificate)}"]);
        }

        return string.Join(" ", words.Select(Quote));
    }

    /// <summary>Gives the values, as YAML.</summary>
    /// <param name="kasCaCertificate">The authority of the address, or <see langword="null"/> for the system's.</param>
    public string ToHelmValues(PemMaterial? kasCaCertificate)
    {
        List<(string, object)> config = [("secretName", Quoted(_secretName))];
        if (IsReceptive)
        {
            config.Add(("receptive", Map(("enabled", new Scalar("true")))));
            config.Add(("api", Map(("jwtPublicKey", Quoted(JwtPublicKey!)))));
        }
        else
        {
            config.Add(("kasAddress", Quoted(KasAddress!)));
        }

        if (kasCaCertificate is not null)
        {
            config.Add(("kasCaCert", Scalar(WritePem(kasCaCertificate), ScalarStyle.Literal)));
        }

        return WriteYaml(Map(("config", config.ToArray())));
    }

    /// <summary>Gives the secret, as YAML. The text holds the token, and cannot be wiped.</summary>
    /// <param name="token">The token's secret.</param>
    public string ToKubernetesSecret(SecureString token)
    {
        List<(string, object)> metadata = [("name", Quoted(_secretName)), ("namespace", Quoted(_namespace))];
        if (IsReceptive)
        {
            // For a receptive agent the chart adds keys of its own to this very secret. Helm touches only what bears
            // its marks, and then keeps the token that is there.
            metadata.Add(("labels", Map(("app.kubernetes.io/managed-by", new Scalar("Helm")))));
            metadata.Add(("annotations", Map(
                ("meta.helm.sh/release-name", Quoted(_releaseName)),
                ("meta.helm.sh/release-namespace", Quoted(_namespace)))));
        }

        return WriteYaml(Map(
            ("apiVersion", new Scalar("v1")),
            ("kind", new Scalar("Secret")),
            ("metadata", metadata.ToArray()),
            ("type", new Scalar("Opaque")),
            ("stringData", Map(("token", Quoted(Secret.Reveal(token)))))));
    }

    // Quoted when it holds more than what is plain everywhere. A path that holds ' goes in double quotes, inside which
    // the two shells differ in more: what they would read differently is refused.
    private static string Quote(string word)
    {
        if (PlainWord.IsMatch(word))
        {
            return word;
        }

        if (word.IndexOfAny(SingleQuotes) < 0)
        {
            return $"'{word}'";
        }

        return word.IndexOfAny(ActiveInDoubleQuotes) < 0 && !word.Contains(@"\\")
            ? $"\"{word}\""
            : throw CreateException("-KasCaCertificatePath mixes quotes with other characters that shells read in their own ways. Copy the file to a plainer path, or use -Format HelmValues.");
    }

    // Helm reads a path as a URL first, and before that takes a comma for the end and a backslash for an escape.
    private static string EscapeForHelm(string path)
    {
        if (path.Any(char.IsControl) || BrokenEscape.IsMatch(path))
        {
            throw CreateException("-KasCaCertificatePath has a control character, or a % that begins no escape, and Helm reads no such path. Copy the file to a plainer path, or use -Format HelmValues.");
        }

        string plain = Path.DirectorySeparatorChar == '\\' ? path.Replace('\\', '/') : path;
        return plain.Replace(@"\", @"\\").Replace(",", @"\,");
    }

    // Written anew, so that line ends, comments and what else stood there do not matter.
    private static string WritePem(PemMaterial material)
    {
        var text = new StringBuilder();
        foreach (X509Certificate2 certificate in Pem.ReadCertificates(material.Text))
        {
            text.Append("-----BEGIN CERTIFICATE-----\n")
                .Append(Convert.ToBase64String(certificate.RawData, Base64FormattingOptions.InsertLineBreaks).Replace("\r\n", "\n"))
                .Append("\n-----END CERTIFICATE-----\n");
            certificate.Dispose();
        }

        return text.ToString();
    }

    // By the events: the library's model would end with '...', and its serializer works by reflection.
    private static string WriteYaml((string Key, object Value)[] root)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        var emitter = new Emitter(text);
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(version: null, tags: null, isImplicit: true));
        Write(emitter, root);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return text.ToString();
    }

    private static void Write(Emitter emitter, (string Key, object Value)[] map)
    {
        emitter.Emit(new MappingStart());
        foreach ((string key, object value) in map)
        {
            emitter.Emit(new Scalar(key));
            if (value is Scalar scalar)
            {
                emitter.Emit(scalar);
            }
            else
            {
                Write(emitter, ((string, object)[])value);
            }
        }

        emitter.Emit(new MappingEnd());
    }

    private static (string Key, object Value)[] Map(params (string Key, object Value)[] entries) => entries;

    // What comes from outside is always quoted: 007, yes and 1e3 are strings too.
    private static Scalar Quoted(string value) => Scalar(value, ScalarStyle.DoubleQuoted);

    private static Scalar Scalar(string value, ScalarStyle style)
        => new(AnchorName.Empty, TagName.Empty, value, style, isPlainImplicit: true, isQuotedImplicit: true);

    private static GitLabApiException CreateException(string finding) => new(GitLabErrorKind.InvalidRequest, finding);
}
