using System;
using System.IO;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Transport;

/// <summary>
/// One try: reads the whole answer, up to a limit, within the session's time-out. The body belongs to the try, so that
/// a connection that breaks in its midst is tried again like any other.
/// </summary>
internal sealed class ResponseBufferingHandler(TransportOptions options) : DelegatingHandler
{
    private const int InitialBufferSize = 16 * 1024;

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
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

            // .NET Framework's streams take no notice of a token, but end when the response does.
            using (limit.Token.Register(static r => ((HttpResponseMessage)r!).Dispose(), response))
            {
                context.Body = await ReadAsync(response.Content, limit.Token).ConfigureAwait(false);
            }

            context.EndAttempt();
            return response;
        }
        catch (Exception e)
        {
            response?.Dispose();
            cancellationToken.ThrowIfCancellationRequested(); // Still on the wire, for all that is known.
            context.EndAttempt();
            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"No answer within {options.Timeout.TotalSeconds:0.###} seconds.", e);
            }

            // HttpClient speaks of a body that broke off as an IOException; to the retries it is a connection that failed.
            if (e is IOException)
            {
                throw new HttpRequestException("The connection broke while the answer was coming.", e);
            }

            throw;
        }
    }

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

        // One byte more than announced, so that the read that finds the end needs no larger buffer.
        byte[] buffer = new byte[announced is { } length ? (int)length + 1 : InitialBufferSize];
        int used = 0;
        using Stream stream = await content.ReadAsStreamAsync().ConfigureAwait(false);
        while (true)
        {
            int read = await stream.ReadAsync(buffer, used, buffer.Length - used, cancellationToken).ConfigureAwait(false);
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
