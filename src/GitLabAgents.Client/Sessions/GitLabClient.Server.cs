using System;
using System.Net.Http;
using System.Security;
using System.Text.Json.Serialization.Metadata;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.Transport;

namespace GitLabAgents;

/// <content>The server itself, and the session's own token.</content>
public sealed partial class GitLabClient
{
    /// <summary>
    /// Creates a session and asks the server about it: the token's name, scopes and expiry, the server's version, and
    /// the address that agents connect to.
    /// See <see href="https://docs.gitlab.com/api/personal_access_tokens/#self-inform"/> and
    /// <see href="https://docs.gitlab.com/api/metadata/"/>.
    /// </summary>
    /// <param name="uri">The URL of the GitLab, as <see cref="ServerAddress.Parse"/> returns it.</param>
    /// <param name="token">The access token; it is copied.</param>
    /// <param name="tokenType">How it is sent.</param>
    /// <param name="options">The options of the transport.</param>
    /// <param name="validate">Whether to ask the server; otherwise nothing is sent.</param>
    /// <param name="observer">The observer of what the client does, or <see langword="null"/>.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <returns>The session.</returns>
    /// <exception cref="ArgumentException">The token is empty or not a valid header value.</exception>
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

    private async Task ValidateTokenAsync(CancellationToken cancellationToken)
    {
        TokenInfo? self = await GetTokenInfoAsync(cancellationToken).ConfigureAwait(false);
        _session.TokenName = self?.Name;
        _session.Scopes = self?.Scopes?.ToArray() ?? [];
        _session.ExpiresAt = self?.ExpiresAt;

        ServerInfo? server = await GetServerInfoAsync(self is not null, cancellationToken).ConfigureAwait(false);
        _session.Version = server?.Version;
        _session.IsEnterprise = server?.Enterprise;
        _session.KasUri = server?.Kas is { Enabled: true, ExternalUrl: { } url }
            && Uri.TryCreate(url, UriKind.Absolute, out Uri? kas) ? kas : null;
    }

    // Returns null for an OAuth token, and on older servers: then /metadata shows whether the token is valid.
    private async Task<TokenInfo?> GetTokenInfoAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ReadSignInAsync(
                "personal_access_tokens/self",
                GitLabJson.Default.TokenInfo,
                static self => self is { Id: > 0, Scopes: not null } ? null : "it lacks the token's ID or scopes.",
                cancellationToken).ConfigureAwait(false);
        }
        catch (GitLabApiException e) when (IsHidden(e)
            || (_session.TokenType == TokenType.OAuth
                && e.Kind is GitLabErrorKind.InvalidRequest or GitLabErrorKind.AuthenticationFailed))
        {
            return null;
        }
    }

    private static bool IsHidden(GitLabApiException e)
        => e.Kind is GitLabErrorKind.NotFound or GitLabErrorKind.Forbidden or GitLabErrorKind.InsufficientScope;

    private async Task<ServerInfo?> GetServerInfoAsync(bool isTokenValid, CancellationToken cancellationToken)
    {
        try
        {
            try
            {
                return await ReadServerInfoAsync("metadata", cancellationToken).ConfigureAwait(false);
            }
            catch (GitLabApiException e) when (e.Kind == GitLabErrorKind.NotFound)
            {
                return await ReadServerInfoAsync("version", cancellationToken).ConfigureAwait(false);
            }
        }
        catch (GitLabApiException e) when (isTokenValid && IsHidden(e))
        {
            return null; // A valid token whose scopes do not include this is still useful.
        }
    }

    private Task<ServerInfo> ReadServerInfoAsync(string path, CancellationToken cancellationToken)
        => ReadSignInAsync(
            path,
            GitLabJson.Default.ServerInfo,
            static server => string.IsNullOrEmpty(server.Version) ? "it lacks GitLab's version." : null,
            cancellationToken);

    // Any JSON object can be read as any of these, so what GitLab always sends has to be there.
    private async Task<T> ReadSignInAsync<T>(
        string path, JsonTypeInfo<T> type, Func<T, string?> findFlaw, CancellationToken cancellationToken)
        where T : class
    {
        var request = new ApiRequest(HttpMethod.Get, path, "sign in", GitLabErrorKind.NotFound);
        ApiResponse response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        T content = Parse(request, response, type);
        return findFlaw(content) is { } flaw
            ? throw ApiExceptionFactory.InvalidResponse(request, response, _session, flaw)
            : content;
    }
}
