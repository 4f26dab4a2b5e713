using System;
using System.Globalization;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using GitLabAgents.Transport;

namespace GitLabAgents.Commands;

/// <summary>
/// Connects to a GitLab: validates the access token with the server, and creates the session that the other cmdlets of
/// this runspace use.
/// </summary>
[Cmdlet(VerbsCommunications.Connect, "GitLab", DefaultParameterSetName = TokenSet)]
[OutputType(typeof(GitLabSession))]
public sealed partial class ConnectGitLabCommand : AsyncCmdlet
{
    private const string TokenSet = "Token";
    private const string CredentialSet = "Credential";

    /// <summary>
    /// Gets or sets the address of the GitLab: a host or a URL, with or without <c>/api/v4</c>. The default is the
    /// environment variable <c>GITLAB_HOST</c>, <c>GITLAB_URI</c> or <c>CI_SERVER_URL</c>, or else
    /// <c>https://gitlab.com</c>.
    /// </summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Uri { get; set; }

    /// <summary>
    /// Gets or sets the access token. The default is the environment variable <c>GITLAB_TOKEN</c>; without it, an
    /// interactive session prompts for the token.
    /// </summary>
    [Parameter(Position = 1, ParameterSetName = TokenSet)]
    [SecretOnly]
    [ValidateNotNull]
    public SecureString? Token { get; set; }

    /// <summary>Gets or sets a credential whose password is the access token. The user name is ignored.</summary>
    [Parameter(Mandatory = true, ParameterSetName = CredentialSet)]
    [ValidateNotNull]
    public PSCredential? Credential { get; set; }

    /// <summary>Gets or sets how the access token is sent.</summary>
    [Parameter]
    public TokenType TokenType { get; set; } = TokenType.PrivateToken;

    /// <summary>Gets or sets how many seconds one attempt of a request may take; 0 for no limit.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int TimeoutSec { get; set; } = 100;

    /// <summary>Gets or sets how often a request is retried if that is safe.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int MaximumRetryCount { get; set; } = 4;

    /// <summary>Gets or sets how many requests of the session may be in flight at once.</summary>
    [Parameter]
    [ValidateRange(1, 256)]
    public int ThrottleLimit { get; set; } = 8;

    /// <summary>
    /// Gets or sets the proxy: <c>host:port</c> or a URL. The default is the environment's, or else the system's.
    /// </summary>
    [Parameter]
    [OriginalUriString]
    [ValidateNotNullOrEmpty]
    public string? Proxy { get; set; }

    /// <summary>Gets or sets the credential for the proxy.</summary>
    [Parameter]
    [Credential]
    public PSCredential? ProxyCredential { get; set; }

    /// <summary>Gets or sets a switch that connects without a proxy, even if the environment has one.</summary>
    [Parameter]
    public SwitchParameter NoProxy { get; set; }

    /// <summary>
    /// Gets or sets the client certificate with its private key, and any intermediate certificates to send with it.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public X509Certificate[]? Certificate { get; set; }

    /// <summary>
    /// Gets or sets the path of a PEM file with certificate authorities to trust in addition to the system's.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? CaCertificatePath { get; set; }

    /// <summary>
    /// Gets or sets a switch that accepts any server certificate. Anyone who intercepts the connection can then read
    /// the token.
    /// </summary>
    [Parameter]
    public SwitchParameter SkipCertificateCheck { get; set; }

    /// <summary>Gets or sets a switch that allows the token to be sent over unencrypted HTTP.</summary>
    [Parameter]
    public SwitchParameter AllowUnencryptedAuthentication { get; set; }

    /// <summary>Gets or sets a switch that creates the session without sending a request.</summary>
    [Parameter]
    public SwitchParameter SkipValidation { get; set; }

    /// <summary>Gets or sets a switch that writes the session to the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        string address = Uri ?? FromEnvironment("GITLAB_HOST", "GITLAB_URI", "CI_SERVER_URL") ?? "https://gitlab.com";
        GitLabSession session;
        try
        {
            Uri uri = ReadAddress(address);
            TransportOptions options = GetOptions();
            session = Wait(GitLabClient.ConnectAsync(
                uri, GetToken(uri), TokenType, options, !SkipValidation, Observer, PipelineStopToken));
        }
        catch (GitLabApiException e)
        {
            ThrowTerminatingError(ErrorRecordFactory.Create(e, ServerAddress.Redact(address)));
            return;
        }
        catch (ArgumentException e)
        {
            GitLabApiException error = CreateInvalidRequest(e.Message);
            ThrowTerminatingError(ErrorRecordFactory.Create(error, ServerAddress.Redact(address)));
            return;
        }

        CurrentSession.Set(session);
        WriteWarnings(session);
        if (PassThru)
        {
            WriteObject(session);
        }
    }

    private static string? FromEnvironment(params string[] names)
        => names.Select(Environment.GetEnvironmentVariable).FirstOrDefault(value => !string.IsNullOrWhiteSpace(value));

    private static GitLabApiException CreateInvalidRequest(string message, string recommendedAction = "")
    {
        // Without the name of the parameter, which .NET appends, and .NET Framework on a line of its own.
        string problem = message.Split(['\r', '\n'])[0].Replace(" (Parameter 'value')", string.Empty);
        return new GitLabApiException(GitLabErrorKind.InvalidRequest, problem, recommendedAction);
    }

    private Uri ReadAddress(string address)
    {
        Uri uri;
        try
        {
            uri = ServerAddress.Parse(address);
        }
        catch (ArgumentException e)
        {
            throw CreateInvalidRequest(e.Message.Replace(" (Parameter 'text')", string.Empty));
        }

        return uri.Scheme == System.Uri.UriSchemeHttps || AllowUnencryptedAuthentication
            ? uri
            : throw CreateInvalidRequest(
                $"The access token would be sent unencrypted to {uri}.",
                "Use https, or -AllowUnencryptedAuthentication if you trust the network.");
    }

    private SecureString GetToken(Uri address)
    {
        if ((Credential?.Password ?? Token) is { } token)
        {
            return token;
        }

        if (FromEnvironment("GITLAB_TOKEN") is { } variable)
        {
            return Secret.Protect(variable.AsSpan());
        }

        return PromptForToken(address) ?? throw new GitLabApiException(
            GitLabErrorKind.AuthenticationFailed,
            $"There is no access token for {address}.",
            "Specify one with -Token or -Credential, or set the environment variable GITLAB_TOKEN.");
    }

    // Returns null if nobody can respond: an unattended script would wait at the prompt forever.
    private SecureString? PromptForToken(Uri address)
    {
        bool isInputRedirected = Host.Name == "ConsoleHost" && Console.IsInputRedirected;
        if (Host.UI is not { } ui || FromEnvironment("CI") is not null || isInputRedirected)
        {
            return null;
        }

        try
        {
            ui.Write($"Access token for {address}: ");
            return ui.ReadLineAsSecureString() is { Length: > 0 } input ? input : null;
        }
        catch (Exception e) when (e is HostException
            or PSInvalidOperationException or PSNotSupportedException or NotImplementedException)
        {
            return null; // PowerShell was started with -NonInteractive, or the host cannot prompt.
        }
    }

    private void WriteWarnings(GitLabSession session)
    {
        if (SkipCertificateCheck)
        {
            WriteWarning(
                $"The certificate of {session} is not checked. Anyone who intercepts the connection can read the "
                    + "access token.");
        }

        // A fine-grained token has permissions in place of scopes, and does not report them.
        if (session.Scopes.Length > 0 && !session.Scopes.Any(static scope => scope is "api" or "granular"))
        {
            string scopes = Sanitize(string.Join(", ", session.Scopes));
            WriteWarning($"{FormatToken()} lacks the scope api. Some cmdlets require more than {scopes}.");
        }

        if (ViewFormatter.ExpiresSoon(session))
        {
            string day = session.ExpiresAt!.Value.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            WriteWarning($"{FormatToken()} expires on {day}.");
        }

        string FormatToken()
            => session.TokenName is { } name ? $"The access token '{Sanitize(name)}'" : "The access token";

        string Sanitize(string text) => DisplayText.SanitizeMessage(text, session.Token.Redact) ?? string.Empty;
    }
}
