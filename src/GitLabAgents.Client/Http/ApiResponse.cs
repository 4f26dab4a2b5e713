using System;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;

namespace GitLabAgents;

/// <summary>What came back: status, headers, and the body as bytes.</summary>
internal sealed class ApiResponse(HttpResponseMessage response, ArraySegment<byte> body, Uri requestUri)
{
    public HttpStatusCode Status { get; } = response.StatusCode;

    public HttpResponseHeaders Headers { get; } = response.Headers;

    public MediaTypeHeaderValue? ContentType { get; } = response.Content?.Headers.ContentType;

    /// <summary>Gets the body in UTF-8, without a byte order mark.</summary>
    public ArraySegment<byte> Body { get; } = ToUtf8(body, response.Content?.Headers.ContentType?.CharSet);

    public Uri RequestUri { get; } = requestUri;

    public bool IsSuccess { get; } = response.IsSuccessStatusCode;

    /// <summary>Gives the first value of a header, or <see langword="null"/> where it is not there.</summary>
    public string? GetHeader(string name)
    {
        if (!Headers.TryGetValues(name, out System.Collections.Generic.IEnumerable<string>? values))
        {
            return null;
        }

        foreach (string value in values)
        {
            return value;
        }

        return null;
    }

    /// <summary>Gets a value indicating whether the body is a page for people, such as a proxy's or a sign-in form.</summary>
    public bool IsHtml
        => ContentType?.MediaType?.Equals("text/html", StringComparison.OrdinalIgnoreCase) == true
            || ReadAsText().TrimStart().StartsWith("<", StringComparison.Ordinal);

    /// <summary>Gives the body as text.</summary>
    public string ReadAsText() => Encoding.UTF8.GetString(Body.Array!, Body.Offset, Body.Count);

    /// <summary>Wipes the body, which may hold a secret.</summary>
    public void ClearBody()
    {
        if (Body.Array is { } array)
        {
            Array.Clear(array, 0, array.Length);
        }
    }

    // JSON is UTF-8, but proxies have been seen to add a mark or to translate.
    private static ArraySegment<byte> ToUtf8(ArraySegment<byte> body, string? charSet)
    {
        ReadOnlySpan<byte> bytes = body;
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            return new ArraySegment<byte>(body.Array!, body.Offset + 3, body.Count - 3);
        }

        Encoding? encoding = bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) ? Encoding.Unicode
            : bytes.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) ? Encoding.BigEndianUnicode
            : charSet?.Trim('"').ToUpperInvariant() switch
            {
                "UTF-16" or "UTF-16LE" => Encoding.Unicode,
                "UTF-16BE" => Encoding.BigEndianUnicode,
                "ISO-8859-1" or "LATIN1" => Encoding.GetEncoding("iso-8859-1"),
                _ => null,
            };
        return encoding is null
            ? body
            : new ArraySegment<byte>(Encoding.UTF8.GetBytes(encoding.GetString(body.Array!, body.Offset, body.Count).TrimStart('\uFEFF')));
    }
}
