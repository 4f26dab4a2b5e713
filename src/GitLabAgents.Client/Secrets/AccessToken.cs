using System;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Security;
using System.Text.RegularExpressions;

namespace GitLabAgents;

/// <summary>
/// The session's credential. It is in plain text only while it is written to a header or removed from a message.
/// </summary>
internal sealed class AccessToken : IDisposable
{
    // The prefixes of GitLab's tokens. An instance can configure another one, which is not known here.
    private static readonly Regex Prefix = new(
        @"(?<![0-9a-z])gl(agent|cbt|dt|ffct|ft|imt|oas|pat|ptt|rt|rtr|soat|wt)-",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant,
        TimeSpan.FromSeconds(1));

    private readonly SecureString _value;
    private readonly TokenType _type;

    /// <exception cref="ArgumentException">The token is empty or not a valid header value.</exception>
    public AccessToken(SecureString value, TokenType type)
    {
        // A token from a file or a vault often ends in a line break.
        string text = Secret.Reveal(value).Trim();
        if (text.Length == 0)
        {
            throw new ArgumentException("The token is empty.", nameof(value));
        }

        foreach (char c in text)
        {
            if (c is <= ' ' or > '~')
            {
                throw new ArgumentException(
                    "The token is not a valid GitLab token: it contains spaces, line breaks or non-ASCII characters.",
                    nameof(value));
            }
        }

        _value = Secret.Protect(text.AsSpan());
        _type = type;
    }

    public void AuthorizeRequest(HttpRequestMessage request)
    {
        if (_type == TokenType.OAuth)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Secret.Reveal(_value));
        }
        else
        {
            request.Headers.Add("PRIVATE-TOKEN", Secret.Reveal(_value));
        }
    }

    /// <summary>Returns whether a text contains the prefix of a GitLab token, and so must not be shown.</summary>
    public static bool IsIn(string text) => Prefix.IsMatch(text);

    /// <summary>Removes the token from text of a server or proxy, which may echo it.</summary>
    /// <remarks>After the session is disconnected, the token is not known, so the whole text is removed.</remarks>
    public string Redact(string text)
    {
        try
        {
            return Secret.Redact(text, Secret.Reveal(_value));
        }
        catch (ObjectDisposedException)
        {
            return "the reason is not shown, because the session was disconnected";
        }
    }

    public void Dispose() => _value.Dispose();
}
