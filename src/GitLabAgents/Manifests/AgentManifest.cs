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
/// Creates text for <c>helm</c> and <c>kubectl</c> that installs an agent in a cluster: the values of the chart
/// gitlab-agent, and the secret that they refer to.
/// See <see href="https://gitlab.com/gitlab-org/charts/gitlab-agent"/>.
/// </summary>
internal sealed class AgentManifest
{
    private const string NameRules =
        "lower-case letters, digits, '-' and '.', with a letter or digit at both ends and around each '.'.";

    private static readonly Regex DnsLabel = CreateRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?\z");
    private static readonly Regex AddressCharacters = CreateRegex(@"\A[A-Za-z0-9._~%:/\[\]-]+\z");
    private static readonly Regex InvalidEscape = CreateRegex("%(?![0-9A-Fa-f]{2})");
    private static readonly Regex UnquotedArgument = CreateRegex(@"\A[A-Za-z0-9._/:=+-]+\z");

    // PowerShell treats typographic quotation marks as quotation marks too.
    private static readonly char[] SingleQuotes = ['\'', '\u2018', '\u2019', '\u201A', '\u201B'];
    private static readonly char[] ActiveInDoubleQuotes = ['"', '\u201C', '\u201D', '\u201E', '$', '`', '!'];

    private readonly string _namespace;
    private readonly string _releaseName;
    private readonly string _secretName;

    /// <exception cref="GitLabApiException">Kubernetes or Helm does not accept a name.</exception>
    public AgentManifest(string @namespace, string releaseName, string secretName)
    {
        // Kubernetes and Helm have these rules too, but would report a violation too late. The messages do not show the
        // value, because it could be the token, passed as the secret's name by mistake.
        if (@namespace.Length > 63 || !DnsLabel.IsMatch(@namespace))
        {
            throw CreateException(
                "-Namespace is not a valid name of a Kubernetes namespace: at most 63 lower-case letters, digits and "
                    + "'-', with a letter or digit at both ends.");
        }

        if (releaseName.Length > 53 || !releaseName.Split('.').All(DnsLabel.IsMatch))
        {
            throw CreateException($"-ReleaseName is not a valid name of a Helm release: at most 53 {NameRules}");
        }

        if (secretName.Length > 253 || !secretName.Split('.').All(DnsLabel.IsMatch))
        {
            throw CreateException($"-SecretName is not a valid name of a Kubernetes secret: at most 253 {NameRules}");
        }

        _namespace = @namespace;
        _releaseName = releaseName;
        _secretName = secretName;
    }

    /// <summary>
    /// Gets or sets the address that the agent connects to, validated by <see cref="CheckKasAddress"/>; not used if
    /// <see cref="IsReceptive"/> is set.
    /// </summary>
    public string? KasAddress { get; set; }

    /// <summary>Gets or sets a value indicating whether GitLab connects to the agent.</summary>
    public bool IsReceptive { get; set; }

    /// <summary>Gets or sets the key with which a receptive agent authenticates GitLab: 32 bytes in base64.</summary>
    public string? JwtPublicKey { get; set; }

    /// <summary>Checks that the agent accepts an address, and that it has no special meaning in a shell.</summary>
    /// <param name="source">The origin of the address, for messages.</param>
    /// <param name="address">The address.</param>
    /// <exception cref="GitLabApiException">
    /// The address is not valid. The message does not show it, because it may contain a password.
    /// </exception>
    public static string CheckKasAddress(string source, string address)
        => AddressCharacters.IsMatch(address)
            && Uri.TryCreate(address, UriKind.Absolute, out Uri? uri)
            && uri.Scheme is "wss" or "ws" or "grpcs" or "grpc"
            && uri.Host.Length > 0
            ? address
            : throw CreateException(
                $"{source} is not a valid address for an agent: a URL that begins with wss://, ws://, grpcs:// or "
                    + "grpc://, has a host, and has no user name, password, query or fragment, such as "
                    + "wss://kas.gitlab.example.com.");

    /// <summary>Reads the certificates of a file that Helm reads too, and as a whole.</summary>
    /// <exception cref="GitLabApiException">The text has no valid certificate, or a private key.</exception>
    public static PemMaterial ReadCertificatesOnly(string source, char[] text)
    {
        PemMaterial certificate = PemMaterial.Certificate(source, text);
        if (Pem.Find(text).Exists(static b => b.IsPrivateKey))
        {
            certificate.Dispose();
            throw PemMaterial.CreateException(
                source,
                "contains a private key besides the certificate, and Helm would write both to a ConfigMap. Use a file "
                    + "without the key, or -Format HelmValues, which omits it.");
        }

        return certificate;
    }

    /// <summary>Returns the command line. POSIX shells and PowerShell read the same arguments from it.</summary>
    /// <param name="kasCaCertificate">
    /// The full path of the file with the authority of the address, or <see langword="null"/> for the system's.
    /// </param>
    /// <exception cref="GitLabApiException">
    /// The path cannot be written so that Helm and both kinds of shell read it.
    /// </exception>
    public string ToHelmCommand(string? kasCaCertificate)
    {
        // --set would read digits as a number, and null as no value.
        var arguments = new List<string>
        {
            "helm", "upgrade", "--install", _releaseName, "gitlab/gitlab-agent",
            "--namespace", _namespace, "--create-namespace",
            "--set-string", $"config.secretName={_secretName}",
        };
        if (IsReceptive)
        {
            arguments.AddRange(["--set", "config.receptive.enabled=true"]);
            arguments.AddRange(["--set-string", $"config.api.jwtPublicKey={JwtPublicKey}"]);
        }
        else
        {
            arguments.AddRange(["--set-string", $"config.kasAddress={KasAddress}"]);
        }

        if (kasCaCertificate is not null)
        {
            arguments.AddRange(["--set-file", $"config.kasCaCert={EscapeForHelm(kasCaCertificate)}"]);
        }

        return string.Join(" ", arguments.Select(Quote));
    }

    /// <summary>Returns the values as YAML.</summary>
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

    /// <summary>Returns the secret as YAML. The text contains the token, and cannot be cleared.</summary>
    /// <param name="token">The token's secret.</param>
    public string ToKubernetesSecret(SecureString token)
    {
        List<(string, object)> metadata = [("name", Quoted(_secretName)), ("namespace", Quoted(_namespace))];
        if (IsReceptive)
        {
            // For a receptive agent the chart adds its own keys to this secret. Helm updates only objects with its
            // label and annotations, and then keeps the existing token.
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

    // Quotes an argument that a shell could change. A path with ' is put in double quotes, in which the shells differ:
    // a path that they would read differently is rejected.
    private static string Quote(string argument)
    {
        if (UnquotedArgument.IsMatch(argument))
        {
            return argument;
        }

        if (argument.IndexOfAny(SingleQuotes) < 0)
        {
            return $"'{argument}'";
        }

        return argument.IndexOfAny(ActiveInDoubleQuotes) < 0 && !argument.Contains(@"\\")
            ? $"\"{argument}\""
            : throw CreateException(
                "-KasCaCertificatePath contains a quotation mark and other characters that shells read differently. "
                    + "Copy the file to a simpler path, or use -Format HelmValues.");
    }

    // Helm ends a value at a comma and reads a backslash as an escape; then it parses the path as a URL.
    private static string EscapeForHelm(string path)
    {
        if (path.Any(char.IsControl) || InvalidEscape.IsMatch(path))
        {
            throw CreateException(
                "-KasCaCertificatePath contains a control character, or a % that does not begin an escape, which Helm "
                    + "cannot read. Copy the file to a simpler path, or use -Format HelmValues.");
        }

        string normalized = Path.DirectorySeparatorChar == '\\' ? path.Replace('\\', '/') : path;
        return normalized.Replace(@"\", @"\\").Replace(",", @"\,");
    }

    // Writes the certificates only, without the comments and line endings of the original.
    private static string WritePem(PemMaterial material)
    {
        var text = new StringBuilder();
        foreach (X509Certificate2 certificate in Pem.ReadCertificates(material.Text))
        {
            string base64 = Convert.ToBase64String(certificate.RawData, Base64FormattingOptions.InsertLineBreaks);
            text.Append("-----BEGIN CERTIFICATE-----\n")
                .Append(base64.Replace("\r\n", "\n"))
                .Append("\n-----END CERTIFICATE-----\n");
            certificate.Dispose();
        }

        return text.ToString();
    }

    // By events, because the library's model would write '...' at the end, and its serializer uses reflection.
    private static string WriteYaml((string Key, object Value)[] root)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        var emitter = new Emitter(text, EmitterSettings.Default.WithNewLine("\n")); // Also on Windows.
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

    // Values from the user or the server are always quoted: 007, yes and 1e3 are strings too.
    private static Scalar Quoted(string value) => Scalar(value, ScalarStyle.DoubleQuoted);

    private static Scalar Scalar(string value, ScalarStyle style)
        => new(AnchorName.Empty, TagName.Empty, value, style, isPlainImplicit: true, isQuotedImplicit: true);

    private static Regex CreateRegex(string pattern)
        => new(pattern, RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));

    private static GitLabApiException CreateException(string message) => new(GitLabErrorKind.InvalidRequest, message);
}
