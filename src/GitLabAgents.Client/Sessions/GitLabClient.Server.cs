using System;
using System.Net;
using System.Net.Http;
using System.Security;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.Transport;

namespace GitLabAgents;

/// <content>The server itself, and the session's own token.</content>
public sealed partial class GitLabClient
{
    /// <summary>
    /// Makes a session, and finds out with the server what it is: the token's name, scopes and end, the server's
    /// version and where agents connect to.
    /// See <see href="https://docs.gitlab.com/api/personal_access_tokens/#self-inform"/> and
    /// <see href="https://docs.gitlab.com/api/metadata/"/>.
    /// </summary>
    /// <param name="uri">The URL of the GitLab, as <see cref="ServerAddress.Parse"/> gives it.</param>
    /// <param name="token">The access token; it is copied.</param>
    /// <param name="tokenType">How it is sent.</param>
    /// <param name="options">How requests travel.</param>
    /// <param name="validate">Whether to ask the server. If not, nothing is sent.</param>
    /// <param name="observer">Who is told what happens, or <see langword="null"/>.</param>
    /// <param name="cancellationToken">Ends the requests.</param>
    /// <returns>The session.</returns>
    /// <exception cref="ArgumentException">The token is empty or can be none.</exception>
    public static async Task<GitLabSession> ConnectAsync(
        Uri uri,
        SecureString token,
        TokenType tokenType,
        TransportOptions options,
        bool validate = true,
        IGitLabObserver? observer = null,
        CancellationToken cancellationToken = default)
    {
        var session = new GitLabSession(uri, token, tokenType, options);
        try
        {
            if (validate)
            {
                await new GitLabClient(session, observer).ValidateTokenAsync(cancellationToken).ConfigureAwait(false);
            }

            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private static ApiRequest SignInRequest(string path) => new(HttpMethod.Get, path, "sign in", GitLabErrorKind.NotFound);

    private async Task ValidateTokenAsync(CancellationToken cancellationToken)
    {
        bool known = false;
        try
        {
            TokenInfo self = await ReadAsync(SignInRequest("personal_access_tokens/self"), GitLabJson.Default.TokenInfo, cancellationToken).ConfigureAwait(false);
            _session.TokenName = self.Name;
            _session.Scopes = self.Scopes?.ToArray() ?? [];
            _session.ExpiresAt = self.ExpiresAt;
            known = true;
        }
        catch (GitLabApiException e) when (CannotReadOwnToken(e))
        {
            // An OAuth token, or a server of old: then /metadata says whether the token is good.
        }

        ServerInfo? server = await GetServerInfoAsync(known, cancellationToken).ConfigureAwait(false);
        _session.Version = server?.Version;
        _session.IsEnterprise = server?.Enterprise;
        _session.KasUri = server?.Kas is { Enabled: true, ExternalUrl: { } url } && Uri.TryCreate(url, UriKind.Absolute, out Uri? kas) ? kas : null;
    }

    private bool CannotReadOwnToken(GitLabApiException e) => e.StatusCode switch
    {
        HttpStatusCode.NotFound or HttpStatusCode.Forbidden => true,
        HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized => _session.TokenType == TokenType.OAuth,
        _ => false,
    };

    private async Task<ServerInfo?> GetServerInfoAsync(bool tokenIsGood, CancellationToken cancellationToken)
    {
        try
        {
            try
            {
                return await ReadAsync(SignInRequest("metadata"), GitLabJson.Default.ServerInfo, cancellationToken).ConfigureAwait(false);
            }
            catch (GitLabApiException e) when (e.StatusCode == HttpStatusCode.NotFound)
            {
                return await ReadAsync(SignInRequest("version"), GitLabJson.Default.ServerInfo, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (GitLabApiException e) when (tokenIsGood && e.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.NotFound)
        {
            return null; // A token whose scopes do not reach this far is still the user's to use.
        }
    }
}
