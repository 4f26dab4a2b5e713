using System;
using System.Linq;
using System.Text.RegularExpressions;

namespace GitLabAgents;

/// <summary>Reads the address of a GitLab as people write it.</summary>
public static class ServerAddress
{
    private const string ApiSuffix = "/api/v4";
    private const int MaxLabelLength = 63;
    private const int MinTokenLength = 20;

    // A routable token has dots: its last part is no top-level domain.
    private static readonly Regex RoutableSuffix = new(
        @"\.[0-9a-z]{2}\.[0-9a-z]{9}$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant,
        TimeSpan.FromSeconds(1));

    /// <summary>
    /// Takes <c>gitlab.example.com</c>, <c>https://host:port/prefix</c>, and either with <c>/api/v4</c> behind it.
    /// Without a scheme it is https.
    /// </summary>
    /// <param name="text">The address.</param>
    /// <returns>The URL of the GitLab, without <c>/api/v4</c> and without a slash at its end but the host's own.</returns>
    /// <exception cref="ArgumentException">The text is no such address, or carries credentials, a query or a fragment. Its message does not repeat them.</exception>
    public static Uri Parse(string text)
    {
        string trimmed = (text ?? throw new ArgumentNullException(nameof(text))).Trim();
        if (IsToken(trimmed))
        {
            throw new ArgumentException(
                "The address of the GitLab looks like an access token, so it is not shown here. Give the address first "
                    + "and the token apart, and revoke the token if others can read where it was written. "
                    + "If it is the name of a host, write https:// before it.",
                nameof(text));
        }

        string absolute = trimmed.Contains("://") ? trimmed : "https://" + trimmed;
        if (!Uri.TryCreate(absolute, UriKind.Absolute, out Uri? uri) || uri.Host.Length == 0)
        {
            throw new ArgumentException($"'{Redact(trimmed)}' is no address of a GitLab. Give a host, such as gitlab.example.com, or a URL, such as https://gitlab.example.com.", nameof(text));
        }

        if (uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
        {
            throw new ArgumentException($"The address of a GitLab has no user name, password, query or fragment: give https://{uri.Authority} and the token apart.", nameof(text));
        }

        if (!string.Equals(uri.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal) && !string.Equals(uri.Scheme, Uri.UriSchemeHttp, StringComparison.Ordinal))
        {
            throw new ArgumentException($"'{uri.Scheme}:' is no way to reach a GitLab. Give a URL that begins with https://.", nameof(text));
        }

        string path = uri.AbsolutePath.TrimEnd('/');
        if (path.EndsWith(ApiSuffix, StringComparison.OrdinalIgnoreCase))
        {
            path = path.Substring(0, path.Length - ApiSuffix.Length).TrimEnd('/');
        }

        return new Uri(uri.GetLeftPart(UriPartial.Authority) + path);
    }

    /// <summary>Gets an address for messages: nothing of it where it may have a password or a token in it.</summary>
    internal static string Redact(string text)
        => text.IndexOfAny(['@', '?', '#']) >= 0 || AccessToken.IsIn(text) || IsToken(text) ? "…" : text;

    private static bool IsToken(string text)
    {
        text = text.Trim();
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        string host = (scheme < 0 ? text : text.Substring(scheme + 3)).Split('/', ':', '?', '#')[0];
        if (host.IndexOf('.') < 0 || RoutableSuffix.IsMatch(host))
        {
            return AccessToken.IsIn(host) || host.Length > MaxLabelLength || IsRandom(text);
        }

        return host.Split('.').Any(static label => label.Length > MaxLabelLength);
    }

    // A token without a prefix, or with one of the instance's own.
    private static bool IsRandom(string text) => text.Length >= MinTokenLength
        && text.All(static c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.')
        && text.Any(char.IsUpper) && text.Any(char.IsLower) && text.Any(char.IsDigit);
}
