using System;
using System.IO;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Transport;

/// <summary>
/// Sends one attempt and reads the whole response into memory, up to a limit and within the session's timeout. The body
/// is part of the attempt, so a connection that breaks while it is read is retried like any other.
/// </summary>
internal sealed class ResponseBufferingHandler(TransportOptions options) : DelegatingHandler
{
    private const int InitialBufferSize = 16 * 1024;

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (options.Timeout > TimeSpan.Zero)
        {
            limit.CancelAfter(options.Timeout);
        }

        RequestContext context = RequestContext.Get(request);
        context.BeginAttempt();
        HttpResponseMessage? response = null;
        try
        {
            response = await base.SendAsync(request, limit.Token).ConfigureAwait(false);

            // Streams of .NET Framework ignore the token, but end when the response is disposed.
            using (limit.Token.Register(static r => ((HttpResponseMessage)r!).Dispose(), response))
            {
                using HttpContent? content = response.Content;
                ArraySegment<byte> body = await ReadAsync(content, limit.Token).ConfigureAwait(false);
                response.Content = new BufferedContent(body, content);
            }

            context.EndAttempt();
            return response;
        }
        catch (Exception e)
        {
            response?.Dispose();
            cancellationToken.ThrowIfCancellationRequested(); // The server may still be processing it.
            context.EndAttempt();
            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"No response within {options.Timeout.TotalSeconds:0.###} seconds.", e);
            }

            // HttpClient reports a body that breaks off as an IOException; for retries it is a failed connection.
            if (e is IOException)
            {
                throw new HttpRequestException("The connection broke while the response was being read.", e);
            }

            // A request without a body may have been sent all the same.
            if (e is HttpRequestException failure && HasUnwrittenBody(request, context)
                && !TransportFailure.IsNotSent(failure))
            {
                throw new RequestNotSentException(failure);
            }

            throw;
        }
    }

    private static bool HasUnwrittenBody(HttpRequestMessage request, RequestContext context)
        => request.Content is RequestBody && !context.IsBodyWritten;

    private async Task<ArraySegment<byte>> ReadAsync(HttpContent? content, CancellationToken cancellationToken)
    {
        if (content is null)
        {
            return new ArraySegment<byte>([]);
        }

        int max = options.MaxResponseLength;
        long? announced = content.Headers.ContentLength;
        if (announced > max)
        {
            throw new ResponseTooLargeException(max);
        }

        // One byte more than announced, so that the read that finds the end does not need a larger buffer.
        byte[] buffer = new byte[announced is { } length ? (int)length + 1 : InitialBufferSize];
        int used = 0;
        using Stream stream = await content.ReadAsStreamAsync().ConfigureAwait(false);
        while (true)
        {
            int read = await stream.ReadAsync(buffer, used, buffer.Length - used, cancellationToken)
                .ConfigureAwait(false);
            if (read == 0)
            {
                return new ArraySegment<byte>(buffer, 0, used);
            }

            used += read;
            if (used > max)
            {
                Array.Clear(buffer, 0, used);
                throw new ResponseTooLargeException(max);
            }

            if (used == buffer.Length)
            {
                byte[] larger = new byte[Math.Min(buffer.Length * 2, max + 1)];
                Buffer.BlockCopy(buffer, 0, larger, 0, used);
                Array.Clear(buffer, 0, used); // It may hold a token.
                buffer = larger;
            }
        }
    }
}
