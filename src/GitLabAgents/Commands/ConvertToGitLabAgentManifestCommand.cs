using System;
using System.Management.Automation;

namespace GitLabAgents.Commands;

/// <summary>
/// Converts a new token to text that installs its agent in a cluster: the command or the values for <c>helm</c>, or the
/// Kubernetes secret for <c>kubectl</c>. Sends no request.
/// </summary>
[Cmdlet(VerbsData.ConvertTo, "GitLabAgentManifest")]
[OutputType(typeof(string))]
public sealed class ConvertToGitLabAgentManifestCommand : GitLabCmdlet
{
    private PemMaterial? _authority;

    /// <summary>Gets or sets the new token.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    public NewAgentToken InputObject { get; set; } = null!;

    /// <summary>Gets or sets the output format. The default is the command for Helm.</summary>
    [Parameter]
    public AgentManifestFormat Format { get; set; } = AgentManifestFormat.HelmCommand;

    /// <summary>
    /// Gets or sets the address that the agent connects to. The default is the one that the token's GitLab reports.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? KasAddress { get; set; }

    /// <summary>Gets or sets the agent's namespace in the cluster.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Namespace { get; set; } = "gitlab-agent";

    /// <summary>Gets or sets the name of the Helm release.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string ReleaseName { get; set; } = "gitlab-agent";

    /// <summary>Gets or sets the name of the Kubernetes secret that contains the token.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string SecretName { get; set; } = "gitlab-agent-token";

    /// <summary>
    /// Gets or sets the path of a PEM file with the certificate authority of the address. The default is the system's
    /// authorities.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? KasCaCertificatePath { get; set; }

    /// <summary>Gets or sets the URL configuration of a receptive agent.</summary>
    [Parameter]
    [ValidateNotNull]
    public AgentUrlConfiguration? UrlConfiguration { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(InputObject, () =>
    {
        GitLabSession session = GetClient(InputObject.Session).Session;
        var manifest = new AgentManifest(Namespace, ReleaseName, SecretName);
        if (KasAddress is not null)
        {
            manifest.KasAddress = AgentManifest.CheckKasAddress($"-{nameof(KasAddress)}", KasAddress);
        }

        if (UrlConfiguration is not null)
        {
            CheckUrlConfiguration(UrlConfiguration);
            manifest.IsReceptive = true;
        }

        if (Format == AgentManifestFormat.KubernetesSecret)
        {
            WriteObject(manifest.ToKubernetesSecret(InputObject.Token));
            return;
        }

        if (UrlConfiguration is not null)
        {
            manifest.JwtPublicKey = GetPublicKey(UrlConfiguration);
        }
        else
        {
            manifest.KasAddress ??= GetKasAddress(session);
        }

        if (Format == AgentManifestFormat.HelmValues)
        {
            WriteObject(manifest.ToHelmValues(ReadAuthority(PemMaterial.Certificate)));
            return;
        }

        string? path = ReadAuthority(AgentManifest.ReadCertificatesOnly) is null
            ? null
            : GetUnresolvedProviderPathFromPSPath(KasCaCertificatePath);
        WriteObject(manifest.ToHelmCommand(path));
    });

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _authority?.Dispose();
    }

    private static string GetKasAddress(GitLabSession session) => session.KasUri is { } uri
        ? AgentManifest.CheckKasAddress($"The agent server (KAS) address that {session} reports", uri.OriginalString)
        : throw new GitLabApiException(
            GitLabErrorKind.InvalidRequest,
            $"The address that agents connect to is not known: {session} did not report it, or was not asked.",
            $"Specify it with -{nameof(KasAddress)}, such as wss://kas.gitlab.example.com.");

    private void CheckUrlConfiguration(AgentUrlConfiguration configuration)
    {
        if (KasAddress is not null || KasCaCertificatePath is not null)
        {
            throw new GitLabApiException(
                GitLabErrorKind.InvalidRequest,
                $"-{nameof(UrlConfiguration)} cannot be combined with -{nameof(KasAddress)} or "
                    + $"-{nameof(KasCaCertificatePath)}: a receptive agent does not connect to GitLab, GitLab connects "
                    + "to it.");
        }

        // IDs mean the same in all sessions with one GitLab.
        if (configuration.AgentId != InputObject.AgentId || configuration.Session.Uri != InputObject.Session.Uri)
        {
            throw new GitLabApiException(
                GitLabErrorKind.InvalidRequest,
                $"URL configuration {configuration.Id} is for agent {configuration.AgentId} on "
                    + $"{configuration.Session}, but the token is for agent {InputObject.AgentId} on "
                    + $"{InputObject.Session}.");
        }
    }

    private string GetPublicKey(AgentUrlConfiguration configuration)
    {
        if (configuration.AuthenticationMethod == UrlAuthenticationMethod.Mtls)
        {
            throw new GitLabApiException(
                GitLabErrorKind.InvalidRequest,
                $"URL configuration {configuration.Id} uses mutual TLS, for which the chart gitlab-agent lacks values.",
                "Create a configuration with JWT, or write the values yourself. See: "
                    + "Get-Help New-GitLabAgentUrlConfiguration -Examples");
        }

        string key = configuration.PublicKey ?? throw new GitLabApiException(
            GitLabErrorKind.InvalidRequest,
            $"URL configuration {configuration.Id} has no public key, so the agent would reject every connection.");
        if (configuration.Url?.StartsWith("grpcs:", StringComparison.OrdinalIgnoreCase) == true)
        {
            WriteWarning(
                $"GitLab connects to the agent at {configuration} with TLS. Add the agent's certificate to the chart's "
                    + "values as config.api.tls, or terminate TLS in front of the agent. See: "
                    + "Get-Help New-GitLabAgentUrlConfiguration -Examples");
        }

        return key;
    }

    private PemMaterial? ReadAuthority(Func<string, char[], PemMaterial> read)
    {
        if (_authority is null && KasCaCertificatePath is not null)
        {
            _authority = PemInput.FromFile(this, nameof(KasCaCertificatePath), KasCaCertificatePath, read);
            foreach (string warning in _authority.GetWarnings(DateTimeOffset.UtcNow))
            {
                WriteWarning(warning);
            }
        }

        return _authority;
    }
}
