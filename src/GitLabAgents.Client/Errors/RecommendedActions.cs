using System;
using System.Net;
using GitLabAgents.Transport;

namespace GitLabAgents;

/// <summary>What to do about an error. Each sentence is only said where it is true.</summary>
internal static class RecommendedActions
{
    /// <summary>Gets what to do about an error that GitLab itself reports.</summary>
    public static string ForError(GitLabErrorKind kind, ApiRequest request, ApiResponse response, ErrorBody body)
    {
        if (body.Code is ErrorBody.InsufficientPermission)
        {
            return "The fine-grained access token lacks a permission. "
                + $"Add it, or use a token with the scope {GetScopes(request)}.";
        }

        // GitLab's routes report a method that they do not have under "error", a moved project under "message".
        if (response.Status == HttpStatusCode.MethodNotAllowed)
        {
            return request.IsProjectNamedByPath && body.Code is null
                ? "The project was moved or renamed, and GitLab changes nothing under its old path. "
                    + "Use its ID or its new path."
                : "This GitLab does not allow the method here. Check its version, and what is in front of it.";
        }

        return response.Status == HttpStatusCode.ServiceUnavailable
            ? "Try again when GitLab's maintenance is over."
            : For(kind, request);
    }

    /// <summary>Gets what to do about a request without a response.</summary>
    public static string ForFailure(GitLabErrorKind kind, ApiRequest request, Exception exception)
    {
        return exception switch
        {
            ProxyRefusedException { Status: 407 } =>
                "Check the user name and password for the proxy, and connect again with -Proxy and -ProxyCredential.",
            ProxyRefusedException => "Check the proxy, or connect with another -Proxy or with -NoProxy.",
            _ when !TransportFailure.IsTlsFailure(exception) => For(kind, request),
            _ when TransportFailure.IsNotTls(exception) =>
                "The port does not speak TLS. Check the port, and whether the address begins with http:// instead.",
            _ => "Check the server's certificate; -CaCertificatePath names a certificate authority of your own.",
        };
    }

    /// <summary>Gets what to do about a kind of error.</summary>
    public static string For(GitLabErrorKind kind, ApiRequest request) => kind switch
    {
        GitLabErrorKind.AuthenticationFailed when request.IsGraphQL =>
            $"The access token lacks the scope {GetScopes(request)}, or it is wrong, expired or revoked.",
        GitLabErrorKind.AuthenticationFailed =>
            "The access token is wrong, expired or revoked, or a CI job token, which GitLab does not accept here. "
                + $"Connect again with {SuggestedCommand.Connect}.",
        GitLabErrorKind.InsufficientScope => $"The access token needs the scope {GetScopes(request)}.",
        GitLabErrorKind.Forbidden => GetForbiddenAction(request),
        GitLabErrorKind.ProjectNotFound => $"Check the project's ID or full path. {GetRoleClause(request)}",
        GitLabErrorKind.AgentNotFound => $"Check the agent's ID or name and its project. {GetRoleClause(request)}",
        GitLabErrorKind.TokenNotFound =>
            $"The token does not exist, was revoked, or belongs to another agent. {GetRoleClause(request)}",
        GitLabErrorKind.UrlConfigurationNotFound =>
            "It does not exist, or this GitLab does not have receptive agents (they are part of GitLab Ultimate, "
                + $"self-managed, and can be switched off). {GetRoleClause(request)}",
        GitLabErrorKind.NotFound when request.IsAboutGroup =>
            "Check the group's ID or full path. A group that the access token cannot see looks the same.",
        GitLabErrorKind.NotFound => "Check the address of the GitLab, its version and the access token's rights.",
        GitLabErrorKind.InvalidRequest => "Change what GitLab refuses, and try again.",
        GitLabErrorKind.RateLimited =>
            $"Try again later, or with a lower -ThrottleLimit of {SuggestedCommand.Connect}.",
        GitLabErrorKind.Conflict => "Try again in a moment.",
        GitLabErrorKind.ServerError =>
            "GitLab's logs have the request under its X-Request-Id (RequestId of the exception).",
        GitLabErrorKind.InvalidResponse =>
            ("Check the address of the GitLab, and what is in front of it: a proxy, a gateway or a sign-in page. "
                + request.RecoveryHint).TrimEnd(),
        GitLabErrorKind.ConnectionFailed => "Check the address, the network and the proxy.",
        GitLabErrorKind.Timeout => $"Try again, or with a higher -TimeoutSec of {SuggestedCommand.Connect}.",
        GitLabErrorKind.OutcomeUnknown => request.RecoveryHint,
        _ => string.Empty,
    };

    private static string GetScopes(ApiRequest request) => request.IsSafe ? "api or read_api" : "api";

    private static string GetRoleClause(ApiRequest request)
        => $"A missing role looks the same: at least {request.RequiredRole} is needed.";

    // GitLab refuses what takes a Maintainer for these reasons before it looks at the role.
    private static string GetForbiddenAction(ApiRequest request) => request.RequiredRole switch
    {
        null => "GitLab refuses the user of this access token: the user may be blocked, may first have to sign in to "
            + "GitLab in a browser, or may not use the API from this network.",
        "Maintainer" => "The access token needs at least the role Maintainer in the project. In an archived project, "
            + "or where its feature Infrastructure is switched off, GitLab refuses this whatever the role.",
        _ => $"The access token needs at least the role {request.RequiredRole} in the project.",
    };
}
