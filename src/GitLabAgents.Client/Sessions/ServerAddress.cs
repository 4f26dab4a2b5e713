using System;
using System.Linq;
using System.Text.RegularExpressions;

namespace GitLabAgents;

/// <summary>Parses the address of a GitLab as people write it.</summary>
public static class ServerAddress
{
    private const string ApiSuffix = "/api/v4";
    private const string TokenAdvice = "an access token, so it is not shown here. Specify the address first and the "
        + "token separately, and revoke the token if others can read where it was written.";

    private const int MaxLabelLength = 63;
    private const int MinTokenLength = 20;

    // A routable token contains dots, and ends in this instead of a top-level domain.
    private static readonly Regex RoutableSuffix = new(
        @"\.[0-9a-z]{2}\.[0-9a-z]{9}$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant,
        TimeSpan.FromSeconds(1));

    /// <summary>
    /// Parses <c>gitlab.example.com</c> or <c>https://host:port/prefix</c>, either with or without <c>/api/v4</c>. The
    /// default scheme is https.
    /// </summary>
    /// <param name="text">The address.</param>
    /// <returns>The URL of the GitLab, without <c>/api/v4</c> and without a slash after the prefix.</returns>
    /// <exception cref="ArgumentException">
    /// The text is not a valid address, or has credentials, a query or a fragment. The message does not show them.
    /// </exception>
    public static Uri Parse(string text)
    {
        string trimmed = (text ?? throw new ArgumentNullException(nameof(text))).Trim();
        if (IsToken(trimmed))
        {
            throw new ArgumentException(
                $"The address of the GitLab looks like {TokenAdvice} If it is a host name, write https:// before it.",
                nameof(text));
        }

        string absolute = trimmed.Contains("://") ? trimmed : "https://" + trimmed;
        if (!Uri.TryCreate(absolute, UriKind.Absolute, out Uri? uri) || uri.Host.Length == 0)
        {
            throw new ArgumentException(
                $"'{Redact(trimmed)}' is not a valid address of a GitLab. Specify a host, such as gitlab.example.com, "
                    + "or a URL, such as https://gitlab.example.com.",
                nameof(text));
        }

        if (uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
        {
            throw new ArgumentException(
                "The address of a GitLab must not have a user name, password, query or fragment. Specify "
                    + $"https://{uri.Authority} and the token separately.",
                nameof(text));
        }

        if (uri.Scheme != Uri.UriSchemeHttps && uri.Scheme != Uri.UriSchemeHttp)
        {
            throw new ArgumentException(
                $"The scheme '{uri.Scheme}:' is not supported. Specify a URL that begins with https://.", nameof(text));
        }

        string path = uri.AbsolutePath.TrimEnd('/');
        if (AccessToken.IsIn(path))
        {
            throw new ArgumentException($"The address of the GitLab contains {TokenAdvice}", nameof(text));
        }

        if (path.EndsWith(ApiSuffix, StringComparison.OrdinalIgnoreCase))
        {
            path = path.Substring(0, path.Length - ApiSuffix.Length).TrimEnd('/');
        }

        return new Uri(uri.GetLeftPart(UriPartial.Authority) + path);
    }

    /// <summary>Returns an address for messages, or an ellipsis if it may contain a password or a token.</summary>
    internal static string Redact(string text)
        => text.IndexOfAny(['@', '?', '#']) >= 0 || AccessToken.IsIn(text) || IsToken(text) ? "…" : text;

    private static bool IsToken(string text)
    {
        text = text.Trim().Trim('"', '\''); // A value of a .env file may be in quotation marks.
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        string host = (scheme < 0 ? text : text.Substring(scheme + 3)).Split('/', ':', '?', '#')[0];
        if (host.IndexOf('.') < 0 || RoutableSuffix.IsMatch(host))
        {
            return AccessToken.IsIn(host) || host.Length > MaxLabelLength || IsRandom(text);
        }

        return host.Split('.').Any(static label => label.Length > MaxLabelLength);
    }

    // A token without a prefix, or with the instance's own.
    private static bool IsRandom(string text) => text.Length >= MinTokenLength
        && text.All(static c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.')
        && text.Any(char.IsUpper) && text.Any(char.IsLower) && text.Any(char.IsDigit);
}
