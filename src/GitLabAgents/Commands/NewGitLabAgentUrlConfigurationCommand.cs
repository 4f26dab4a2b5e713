using System.Management.Automation;
using System.Security;
using System;

namespace GitLabAgents.Commands;

/// <summary>
/// Makes an agent receptive: configures the URL at which GitLab connects to it, and how GitLab authenticates, with a
/// JSON Web Token or with a client certificate (mutual TLS).
/// </summary>
[Cmdlet(VerbsCommon.New, "GitLabAgentUrlConfiguration", SupportsShouldProcess = true, DefaultParameterSetName = JwtSet)]
[OutputType(typeof(AgentUrlConfiguration))]
public sealed class NewGitLabAgentUrlConfigurationCommand : AgentCmdlet
{
    private const string JwtSet = "Jwt";
    private const string PathSet = "Path";
    private const string PemSet = "Pem";

    private NewUrlConfiguration? _content;

    /// <summary>
    /// Gets or sets the URL at which GitLab connects to the agent, <c>grpc://</c> or <c>grpcs://</c>.
    /// </summary>
    [Parameter(Mandatory = true, Position = 2)]
    [ValidateNotNullOrEmpty]
    public string Url { get; set; } = null!;

    /// <summary>
    /// Gets or sets the host name that the agent's certificate must contain. The default is the URL's.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? TlsHost { get; set; }

    /// <summary>
    /// Gets or sets the path of a PEM file with the certificate authority that must have issued the agent's
    /// certificate. The default is the authorities that the server trusts.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? CaCertificatePath { get; set; }

    /// <summary>Gets or sets that certificate authority as text, in PEM.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? CaCertificate { get; set; }

    /// <summary>Gets or sets the path of the client certificate, in PEM, that GitLab presents to the agent.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    public string? ClientCertificatePath { get; set; }

    /// <summary>
    /// Gets or sets the path of the private key, in PEM without a password, of the client certificate.
    /// </summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    public string? ClientKeyPath { get; set; }

    /// <summary>Gets or sets the client certificate as text, in PEM.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PemSet)]
    [ValidateNotNullOrEmpty]
    public string? ClientCertificate { get; set; }

    /// <summary>Gets or sets the private key of the client certificate, in PEM without a password.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PemSet)]
    [SecretOnly]
    [ValidateNotNull]
    public SecureString? ClientKey { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Agent.Value, () =>
    {
        GitLabClient client = GetClient();
        NewUrlConfiguration content = _content ??= ReadContent();
        ProjectReference project = ResolveProject(client, Project);
        (long projectId, long agentId) = Wait(ResolveAgentAsync(client, project, Agent));
        string authentication = content.IsMutualTls ? "mutual TLS" : "JWT";
        if (ShouldProcess(
            $"agent {Agent} of project {project} on {client.Session}",
            $"Create URL configuration '{content.Url}' with {authentication}"))
        {
            WriteCreated(
                client.CreateUrlConfigurationAsync(projectId, agentId, content, PipelineStopToken),
                client.RollBackAsync);
        }
    });

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _content?.Dispose();
    }

    private NewUrlConfiguration ReadContent()
    {
        if (CaCertificatePath is not null && CaCertificate is not null)
        {
            throw new GitLabApiException(
                GitLabErrorKind.InvalidRequest, "-CaCertificatePath and -CaCertificate cannot be combined.");
        }

        PemMaterial? certificate = null;
        PemMaterial? key = null;
        if (ParameterSetName == PathSet)
        {
            certificate = PemInput.FromFile(
                this, nameof(ClientCertificatePath), ClientCertificatePath!, PemMaterial.Certificate);
            key = PemInput.FromFile(this, nameof(ClientKeyPath), ClientKeyPath!, PemMaterial.PrivateKey);
        }
        else if (ParameterSetName == PemSet)
        {
            certificate = PemInput.FromText(nameof(ClientCertificate), ClientCertificate!);
            key = PemInput.FromSecret(nameof(ClientKey), ClientKey!);
        }

        var content = new NewUrlConfiguration(Url, TlsHost, certificate, key, ReadAuthority());
        foreach (string warning in content.GetWarnings(DateTimeOffset.UtcNow))
        {
            WriteWarning(warning);
        }

        return content;
    }

    private PemMaterial? ReadAuthority()
    {
        if (CaCertificatePath is not null)
        {
            return PemInput.FromFile(this, nameof(CaCertificatePath), CaCertificatePath, PemMaterial.Certificate);
        }

        return CaCertificate is null ? null : PemInput.FromText(nameof(CaCertificate), CaCertificate);
    }
}
