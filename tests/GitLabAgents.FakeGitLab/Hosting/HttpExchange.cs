using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace GitLabAgents.FakeGitLab;

/// <summary>A request in flight: its response, and what is recorded about it.</summary>
internal sealed class HttpExchange(HttpContext context, RecordedRequest? record, FakeGitLabServer server) : IDisposable
{
    private static readonly TimeSpan ArrivalDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource ending =
        CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, server.Stopping);
    private readonly string requestId = Guid.CreateVersion7().ToString("N");
    private int isInFlight = 1;

    /// <summary>Cancelled when the client disconnects or the server stops.</summary>
    public CancellationToken Ending => ending.Token;

    /// <summary>What a rate limiter adds to the response.</summary>
    public IReadOnlyList<(string Name, string Value)> RateLimitHeaders { get; set; } = [];

    /// <summary>Sends a whole response.</summary>
    public async Task SendAsync(ApiResponse response, IDictionary<string, string?>? changes = null)
    {
        if (response.Latency > TimeSpan.Zero)
        {
            await Task.Delay(response.Latency, Ending);
        }

        Start(response, changes);
        context.Response.ContentLength = HasBody(response) ? response.Body.Length : null;
        EndRequest();
        if (HasBody(response))
        {
            await context.Response.Body.WriteAsync(response.Body, Ending);
        }
    }

    /// <summary>Sends a whole response, in pieces spread over that time.</summary>
    public async Task SendSlowlyAsync(ApiResponse response, TimeSpan total)
    {
        const int Pieces = 20;
        Start(response);
        context.Response.ContentLength = response.Body.Length;
        await context.Response.StartAsync(Ending);
        int length = Math.Max(1, (response.Body.Length + Pieces - 1) / Pieces);
        for (int start = 0; start < response.Body.Length; start += length)
        {
            await Task.Delay(total / Pieces, Ending);
            if (start + length >= response.Body.Length)
            {
                EndRequest();
            }

            await SendPieceAsync(response.Body.Slice(start, Math.Min(length, response.Body.Length - start)));
        }
    }

    /// <summary>Sends the first half of a response, then breaks the connection.</summary>
    public async Task SendHalfAsync(ApiResponse response, bool announceLength, bool reset)
    {
        Start(response);
        context.Response.ContentLength = announceLength ? response.Body.Length : null;
        await context.Response.StartAsync(Ending);
        await SendPieceAsync(response.Body[..(response.Body.Length / 2)]);
        await Task.Delay(ArrivalDelay, Ending);
        await BreakAsync(reset);
    }

    /// <summary>Sends garbage without announcing how much.</summary>
    public async Task SendGarbageAsync(ApiResponse response, long length)
    {
        byte[] piece = new byte[64 * 1024];
        piece.AsSpan().Fill((byte)'#');
        Start(response);
        for (long left = length; left > 0; left -= piece.Length)
        {
            await SendPieceAsync(piece.AsMemory(0, (int)Math.Min(left, piece.Length)));
        }
    }

    /// <summary>Breaks the connection: with a RST or a FIN.</summary>
    public async Task BreakAsync(bool reset)
    {
        RecordAbort();
        EndRequest();
        if (context.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
        {
            if (reset)
            {
                socket.LingerState = new LingerOption(true, 0);
                socket.Close();
            }
            else
            {
                // Kestrel's own abort is a RST, which must not overtake the FIN: wait until the client has closed too.
                socket.Shutdown(SocketShutdown.Send);
                await Task.Delay(CloseTimeout, Ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        context.Features.Get<IConnectionLifetimeFeature>()?.Abort();
    }

    public void RecordAbort()
    {
        if (record is not null)
        {
            record.Aborted = true;
        }
    }

    public void Dispose()
    {
        EndRequest();
        ending.Dispose();
    }

    /// <summary>
    /// The request is in flight until just before the last of its response goes out: the client may send the next
    /// one as soon as it has that.
    /// </summary>
    private void EndRequest()
    {
        if (Interlocked.Exchange(ref isInFlight, 0) == 1)
        {
            server.Counter.End();
        }
    }

    private void Start(ApiResponse response, IDictionary<string, string?>? changes = null)
    {
        HttpResponse http = context.Response;
        http.StatusCode = response.Status;
        http.ContentType = response.ContentType;
        http.Headers["X-Request-Id"] = requestId;
        http.Headers.Date = server.Clock.GetUtcNow().ToString("R", CultureInfo.InvariantCulture);
        foreach ((string name, string value) in RateLimitHeaders)
        {
            http.Headers[name] = value;
        }

        foreach ((string name, string value) in response.Headers)
        {
            http.Headers[name] = value;
        }

        foreach ((string name, string? value) in changes ?? new Dictionary<string, string?>())
        {
            http.Headers.Remove(name);
            if (value is not null)
            {
                http.Headers[name] = value;
            }
        }

        if (record is not null)
        {
            record.RequestId = requestId;
            record.StatusCode = response.Status;
        }
    }

    private bool HasBody(ApiResponse response) =>
        response.Status is not (204 or 304) && context.Request.Method != HttpMethods.Head;

    private async Task SendPieceAsync(ReadOnlyMemory<byte> piece)
    {
        await context.Response.Body.WriteAsync(piece, Ending);
        await context.Response.Body.FlushAsync(Ending);
    }
}
