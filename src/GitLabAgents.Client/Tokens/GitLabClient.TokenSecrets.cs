using System;
using System.IO;
using System.Net.Http;
using System.Security;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents;

/// <content>Tokens by their secret, which administrators can look up.</content>
public sealed partial class GitLabClient
{
    private const string SecretPath = "admin/token";

    /// <summary>
    /// Finds an agent token by its secret. Requires an administrator and GitLab 17.7. The response does not name the
    /// token's project, so <see cref="AgentToken.ProjectId"/> is <see langword="null"/>.
    /// See <see href="https://docs.gitlab.com/api/admin/token/#get-information-on-a-token"/>.
    /// </summary>
    /// <param name="secret">The secret. It is sent in the body, and never part of a URL or a message.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The token, active or revoked.</returns>
    public async Task<AgentToken> FindTokenBySecretAsync(SecureString secret, CancellationToken cancellationToken = default)
    {
        ApiRequest request = CreateSecretRequest(HttpMethod.Post, secret, "find an agent token by its secret");
        request.IsSafe = true;
        AgentToken token;
        try
        {
            token = await ReadAsync(request, GitLabJson.Default.AgentToken, static t => t.Id, cancellationToken).ConfigureAwait(false);
        }
        catch (GitLabApiException e)
        {
            throw ExplainSecretError(e, "17.7");
        }

        if (token.AgentId == 0)
        {
            throw OtherKindOfToken();
        }

        token.Session = _session;
        return token;
    }

    /// <summary>
    /// Revokes an agent token by its secret. Requires an administrator and GitLab 17.9. The token is looked up first, so that
    /// no token of another kind is revoked.
    /// See <see href="https://docs.gitlab.com/api/admin/token/#revoke-a-token"/>.
    /// </summary>
    /// <param name="secret">The secret.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <returns>A task that completes when the token is revoked.</returns>
    public async Task RevokeTokenBySecretAsync(SecureString secret, CancellationToken cancellationToken = default)
    {
        await FindTokenBySecretAsync(secret, cancellationToken).ConfigureAwait(false);
        try
        {
            ApiRequest request = CreateSecretRequest(HttpMethod.Delete, secret, "revoke an agent token by its secret");
            await SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (GitLabApiException e)
        {
            throw ExplainSecretError(e, "17.9");
        }
    }

    private static ApiRequest CreateSecretRequest(HttpMethod method, SecureString secret, string action)
    {
        using var stream = new MemoryStream(1024);
        using (var writer = new Utf8JsonWriter(stream))
        {
            char[] characters = Secret.ToCharArray(secret);
            writer.WriteStartObject();
            writer.WriteString("token", characters);
            writer.WriteEndObject();
            Array.Clear(characters, 0, characters.Length);
        }

        byte[] body = stream.ToArray();
        Array.Clear(stream.GetBuffer(), 0, (int)stream.Length);
        return new ApiRequest(method, SecretPath, action, GitLabErrorKind.TokenNotFound)
        {
            Body = body,
            Redact = text => Secret.Redact(text, Secret.Reveal(secret)),
        };
    }

    private GitLabApiException ExplainSecretError(GitLabApiException error, string version) => error switch
    {
        { IsUnknownRoute: true } => error.WithKind(
            GitLabErrorKind.NotSupported,
            $"{_session} cannot look up tokens by their secret: that requires GitLab {version} or later.",
            "Find the token by its name or last use with Get-GitLabAgentToken, and revoke it with Revoke-GitLabAgentToken."),
        { Kind: GitLabErrorKind.Forbidden } => error.WithKind(
            GitLabErrorKind.Forbidden,
            $"Only administrators of {_session} can look up tokens by their secret.",
            "Use an administrator's access token with the scope api, or find the token with Get-GitLabAgentToken."),
        { Kind: GitLabErrorKind.TokenNotFound } => error.WithKind(
            GitLabErrorKind.TokenNotFound,
            $"{_session} does not know the secret.",
            "Check that the secret is complete and belongs to this GitLab."),
        { StatusCode: (System.Net.HttpStatusCode)422 } => OtherKindOfToken(),
        _ => error,
    };

    private GitLabApiException OtherKindOfToken()
        => new(
            GitLabErrorKind.InvalidRequest,
            $"The secret is not that of an agent token of {_session}. Nothing was revoked.",
            "Revoke tokens of other kinds in GitLab.");
}
