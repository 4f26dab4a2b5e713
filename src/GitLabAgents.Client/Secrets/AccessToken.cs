using System;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Security;

namespace GitLabAgents;

/// <summary>The session's credential. It is in the clear only while a header is written or a text is cleansed of it.</summary>
internal sealed class AccessToken : IDisposable
{
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

    /// <summary>Takes the token out of a text that comes from outside, should a server or proxy echo it.</summary>
    public string Redact(string text) => Secret.Redact(text, Secret.Reveal(_value));

    public void Dispose() => _value.Dispose();
}
