using System;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Security;
using System.Text.RegularExpressions;

namespace GitLabAgents;

/// <summary>The session's credential. It is in the clear only while a header is written or a text is cleansed of it.</summary>
internal sealed class AccessToken : IDisposable
{
    // The tokens that GitLab creates. An instance can have a prefix of its own, which nobody can know here.
    private static readonly Regex Prefix = new(
        @"(?<![0-9a-z])gl(agent|cbt|dt|ffct|ft|imt|oas|pat|ptt|rt|rtr|soat|wt)-",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant,
        TimeSpan.FromSeconds(1));

    private readonly SecureString _value;
    private readonly TokenType _type;

    /// <exception cref="ArgumentException">The token is empty, or holds what no header may.</exception>
    public AccessToken(SecureString value, TokenType type)
    {
        // What a file or a vault gives often ends in a line break.
        string text = Secret.Reveal(value).Trim();
        if (text.Length == 0)
        {
            throw new ArgumentException("The token is empty.", nameof(value));
        }

        foreach (char c in text)
        {
            if (c is <= ' ' or > '~')
            {
                throw new ArgumentException("The token holds characters that no GitLab token has: spaces, line breaks or letters outside ASCII.", nameof(value));
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

    /// <summary>
    /// Returns whether a text has the beginning of a GitLab token in it, so that it must not be repeated.
    /// </summary>
    public static bool IsIn(string text) => Prefix.IsMatch(text);

    /// <summary>Takes the token out of a text that comes from outside, should a server or proxy echo it.</summary>
    public string Redact(string text) => Secret.Redact(text, Secret.Reveal(_value));

    public void Dispose() => _value.Dispose();
}
