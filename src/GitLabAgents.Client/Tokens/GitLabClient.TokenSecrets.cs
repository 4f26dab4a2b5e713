using System;
using System.IO;
using System.Net;
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
    public async Task<AgentToken> FindTokenBySecretAsync(
        SecureString secret, CancellationToken cancellationToken = default)
    {
        ApiRequest request = CreateSecretRequest(HttpMethod.Post, secret, "find an agent token by its secret");
        request.IsSafe = true;
        AgentToken token;
        try
        {
            token = await ReadAsync(request, GitLabJson.Default.AgentToken, static t => t.Id, cancellationToken)
                .ConfigureAwait(false);
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
    /// Revokes an agent token by its secret. Requires an administrator and GitLab 17.9.
    /// See <see href="https://docs.gitlab.com/api/admin/token/#revoke-a-token"/>.
    /// </summary>
    /// <param name="token">
    /// The token, as <see cref="FindTokenBySecretAsync"/> returned it, so that no token of another kind is revoked.
    /// </param>
    /// <param name="secret">The secret of the token.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>A task that completes when the token is revoked.</returns>
    public async Task RevokeTokenBySecretAsync(
        AgentToken token, SecureString secret, CancellationToken cancellationToken = default)
    {
        string action = $"revoke token {token.Id} of agent {token.AgentId} by its secret";
        try
        {
            ApiRequest request = CreateSecretRequest(HttpMethod.Delete, secret, action);
            await SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (GitLabApiException e)
        {
            throw ExplainSecretError(e, "17.9");
        }
    }

    private static ApiRequest CreateSecretRequest(HttpMethod method, SecureString secret, string action)
    {
        if (secret.Length == 0)
        {
            throw new GitLabApiException(
                GitLabErrorKind.InvalidRequest, "The secret is empty.", "Specify the whole secret.");
        }

        using var stream = new MemoryStream();
        char[] characters = Secret.ToCharArray(secret);
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("token", characters);
            writer.WriteEndObject();
        }

        Array.Clear(characters, 0, characters.Length);
        byte[] body = stream.ToArray();
        Array.Clear(stream.GetBuffer(), 0, body.Length);
        return new ApiRequest(method, SecretPath, action, GitLabErrorKind.TokenNotFound)
        {
            Body = body,
            Redact = text => Secret.Redact(text, Secret.Reveal(secret)),
        };
    }

    private GitLabApiException ExplainSecretError(GitLabApiException error, string version)
    {
        // Older servers have no route, or one for another method.
        bool isUnsupported = error.IsUnknownRoute || error.StatusCode == HttpStatusCode.MethodNotAllowed;
        return error switch
        {
            { IsForeign: true } => error,
            _ when isUnsupported => error.WithKind(
                GitLabErrorKind.NotSupported,
                $"This requires GitLab {version} or later.",
                $"Find the token by its name or last use with {SuggestedCommand.GetToken}, "
                    + $"and revoke it with {SuggestedCommand.RevokeToken}."),
            { Kind: GitLabErrorKind.Forbidden } => error.WithKind(
                GitLabErrorKind.Forbidden,
                "Only administrators can look up or revoke tokens by their secret.",
                "Use an administrator's access token with the scope api, or find the token with "
                    + $"{SuggestedCommand.GetToken}."),
            { Kind: GitLabErrorKind.TokenNotFound } => error.WithKind(
                GitLabErrorKind.TokenNotFound,
                $"{_session} does not know the secret.",
                "Check that the secret is complete and belongs to this GitLab."),
            { StatusCode: (HttpStatusCode)422 } => OtherKindOfToken(),
            _ => error,
        };
    }

    private GitLabApiException OtherKindOfToken()
        => new(
            GitLabErrorKind.InvalidRequest,
            $"The secret is not the secret of an agent token of {_session}. Nothing was revoked.",
            "Revoke tokens of other kinds in GitLab.");
}
