using System;
using System.Net.Http;
using System.Text.Json;

namespace GitLabAgents;

/// <summary>
/// Decides whether GitLab sent a response, or something that stands between: a proxy, a gateway, a sign-in page. Only
/// GitLab's own responses mean what their status says; another 404 does not prove that anything is missing.
/// </summary>
internal static class ResponseOrigin
{
    /// <summary>Returns whether a response has the form that GitLab's responses have.</summary>
    /// <param name="request">The request.</param>
    /// <param name="response">The response; redirects have been followed.</param>
    /// <returns>Whether to believe the response's status.</returns>
    public static bool IsFromGitLab(ApiRequest request, ApiResponse response) => (int)response.Status switch
    {
        200 => request.Method != HttpMethod.Delete && response.IsJson,
        201 => request.Method == HttpMethod.Post && response.IsJson,
        202 => request.Method == HttpMethod.Delete && response.Body.Count == 0,
        204 => request.Method == HttpMethod.Delete,
        502 or 504 => false, // By definition those of a gateway (RFC 9110), even where it sends JSON.
        429 when IsThrottleText(response) => true,
        400 when HasText(response, "Bad Request") => true, // For a request that GitLab's web server cannot parse.
        >= 400 => IsErrorObject(request, response),
        _ => false,
    };

    // Administrators can replace the text, but not the headers that come with it.
    private static bool IsThrottleText(ApiResponse response)
        => HasText(response, "Retry later")
            || (response.GetHeader("RateLimit-Observed") is not null && !response.IsHtml);

    private static bool HasText(ApiResponse response, string text)
        => response.Body.Count <= text.Length + 2
            && string.Equals(response.ReadAsText().Trim(), text, StringComparison.Ordinal);

    private static bool IsErrorObject(ApiRequest request, ApiResponse response)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(response.Body.AsMemory());
            JsonElement root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object
                && (root.TryGetProperty("message", out _)
                    || (root.TryGetProperty("error", out JsonElement error) && error.ValueKind == JsonValueKind.String)
                    || (request.IsGraphQL && root.TryGetProperty("errors", out _)));
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
