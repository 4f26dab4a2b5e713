using System;
using System.Management.Automation;

namespace GitLabAgents.Commands;

/// <summary>
/// Turns a new token into what installs its agent in a cluster: the command or the values for <c>helm</c>, or the
/// Kubernetes secret for <c>kubectl</c>. It sends nothing.
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

    /// <summary>Gets or sets what to make of it. By default the command for Helm.</summary>
    [Parameter]
    public AgentManifestFormat Format { get; set; } = AgentManifestFormat.HelmCommand;

    /// <summary>Gets or sets the address that the agent connects to. By default the one that the token's GitLab tells.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? KasAddress { get; set; }

    /// <summary>Gets or sets the namespace of the agent in the cluster.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Namespace { get; set; } = "gitlab-agent";

    /// <summary>Gets or sets the name of the Helm release.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string ReleaseName { get; set; } = "gitlab-agent";

    /// <summary>Gets or sets the name of the Kubernetes secret that holds the token.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string SecretName { get; set; } = "gitlab-agent-token";

    /// <summary>Gets or sets the path of the certificate authority, in PEM, that the address is checked against. By default the system's.</summary>
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
        var manifest = new AgentManifest(Namespace, ReleaseName, SecretName)
        {
            KasAddress = KasAddress is null ? null : AgentManifest.CheckKasAddress($"-{nameof(KasAddress)}", KasAddress),
        };
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

        WriteObject(Format == AgentManifestFormat.HelmValues
            ? manifest.ToHelmValues(ReadAuthority(PemMaterial.Certificate))
            : manifest.ToHelmCommand(ReadAuthority(AgentManifest.ReadSingleCertificate) is null ? null : GetUnresolvedProviderPathFromPSPath(KasCaCertificatePath)));
    });

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _authority?.Dispose();
    }

    private static string GetKasAddress(GitLabSession session) => session.KasUri is { } uri
        ? AgentManifest.CheckKasAddress($"What {session} gives for its agent server (KAS)", uri.OriginalString)
        : throw new GitLabApiException(
            GitLabErrorKind.InvalidRequest,
            $"The address that agents connect to is not known: {session} did not tell it, or was not asked.",
            $"Give it with -{nameof(KasAddress)}, such as wss://kas.gitlab.example.com.");

    private void CheckUrlConfiguration(AgentUrlConfiguration configuration)
    {
        // What no receptive agent heeds would mislead. Ids mean the same through every session with the same GitLab.
        if (KasAddress is not null || KasCaCertificatePath is not null)
        {
            throw new GitLabApiException(
                GitLabErrorKind.InvalidRequest,
                $"-{nameof(UrlConfiguration)} excludes -{nameof(KasAddress)} and -{nameof(KasCaCertificatePath)}: a receptive agent connects to nobody, GitLab connects to it.");
        }

        if (configuration.AgentId != InputObject.AgentId || configuration.Session.Uri != InputObject.Session.Uri)
        {
            throw new GitLabApiException(
                GitLabErrorKind.InvalidRequest,
                $"The URL configuration {configuration.Id} is that of agent {configuration.AgentId} on {configuration.Session}, and the token is for agent {InputObject.AgentId} on {InputObject.Session}.");
        }
    }

    private string GetPublicKey(AgentUrlConfiguration configuration)
    {
        if (configuration.AuthenticationMethod == UrlAuthenticationMethod.Mtls)
        {
            throw new GitLabApiException(
                GitLabErrorKind.InvalidRequest,
                $"The URL configuration {configuration.Id} is one with mutual TLS, and the chart gitlab-agent has no values for it.",
                "Make one with JWT, or write the values yourself: Get-Help New-GitLabAgentUrlConfiguration -Examples shows them.");
        }

        string key = configuration.PublicKey ?? throw new GitLabApiException(
            GitLabErrorKind.InvalidRequest,
            $"The URL configuration {configuration.Id} has no public key, and without it the agent lets nobody in.");
        if (configuration.Url?.StartsWith("grpcs:", StringComparison.OrdinalIgnoreCase) == true)
        {
            WriteWarning($"GitLab reaches the agent at {configuration} with TLS: give the chart the agent's certificate too, as config.api.tls, or end TLS before the agent. Get-Help New-GitLabAgentUrlConfiguration -Examples shows how.");
        }

        return key;
    }

    private PemMaterial? ReadAuthority(Func<string, char[], PemMaterial> take)
    {
        if (_authority is null && KasCaCertificatePath is not null)
        {
            _authority = PemInput.FromFile(this, nameof(KasCaCertificatePath), KasCaCertificatePath, take);
            foreach (string concern in _authority.GetWarnings(DateTimeOffset.UtcNow))
            {
                WriteWarning(concern);
            }
        }

        return _authority;
    }
}
