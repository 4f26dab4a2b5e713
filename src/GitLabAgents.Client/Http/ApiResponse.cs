using System;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using GitLabAgents.Transport;

namespace GitLabAgents;

/// <summary>The response to a request: status, headers, and the body as bytes.</summary>
/// <param name="response">The response, as the transport returns it.</param>
/// <param name="requestUri">The URL that the request was sent to.</param>
/// <param name="now">The client's time.</param>
internal sealed class ApiResponse(HttpResponseMessage response, Uri requestUri, DateTimeOffset now)
{
    public HttpStatusCode Status { get; } = response.StatusCode;

    public HttpResponseHeaders Headers { get; } = response.Headers;

    public MediaTypeHeaderValue? ContentType { get; } = response.Content.Headers.ContentType;

    /// <summary>Gets the body in UTF-8, without a byte order mark.</summary>
    public ArraySegment<byte> Body { get; } = ToUtf8(
        ((BufferedContent)response.Content).Buffer, response.Content.Headers.ContentType?.CharSet);

    public Uri RequestUri { get; } = requestUri;

    public bool IsSuccess { get; } = response.IsSuccessStatusCode;

    /// <summary>Gets how long the server asks to wait, or <see langword="null"/> if it does not ask.</summary>
    public TimeSpan? RetryAfter { get; } = Transport.RetryAfter.Parse(response, now);

    /// <summary>Gets a value indicating whether the body is a JSON object or array, by its first character.</summary>
    public bool IsJson => Body.FirstOrDefault(static b => b > (byte)' ') is (byte)'{' or (byte)'[';

    /// <summary>Gets the first value of a header, or <see langword="null"/> if there is none.</summary>
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

    /// <summary>
    /// Gets a value indicating whether the body is a page for people, such as a proxy's or a sign-in form.
    /// </summary>
    public bool IsHtml
        => ContentType?.MediaType?.Equals("text/html", StringComparison.OrdinalIgnoreCase) == true
            || ReadAsText().TrimStart().StartsWith("<", StringComparison.Ordinal);

    /// <summary>Gets the body as text.</summary>
    public string ReadAsText() => Encoding.UTF8.GetString(Body.Array!, Body.Offset, Body.Count);

    /// <summary>Clears the body, which may hold a secret.</summary>
    public void ClearBody()
    {
        if (Body.Array is { } array)
        {
            Array.Clear(array, 0, array.Length);
        }
    }

    // JSON is UTF-8, but some proxies add a byte order mark or convert it.
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
            : new ArraySegment<byte>(
                Encoding.UTF8.GetBytes(encoding.GetString(body.Array!, body.Offset, body.Count).TrimStart('\uFEFF')));
    }
}
