using System;
using System.Collections.Generic;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace GitLabAgents.FakeGitLab;

/// <summary>A request under way: what comes in, what goes out, and what is noted about it.</summary>
internal sealed class Exchange(HttpContext context, RecordedRequest? record, InFlightCounter counter, CancellationToken stopping) : IDisposable
{
    private static readonly TimeSpan TimeToArrive = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan TimeToClose = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
    private readonly string requestId = Guid.CreateVersion7().ToString("N");
    private int counted = 1;

    /// <summary>Cancelled when the client goes, or the server stops.</summary>
    public CancellationToken Ending => ending.Token;

    /// <summary>Sends a whole answer.</summary>
    public async Task SendAsync(Answer answer, IDictionary<string, string?>? changes = null)
    {
        Start(answer, changes);
        context.Response.ContentLength = HasBody(answer) ? answer.Body.Length : null;
        Leave();
        if (HasBody(answer))
        {
            await context.Response.Body.WriteAsync(answer.Body, Ending);
        }
    }

    /// <summary>Sends a whole answer, in pieces spread over that time.</summary>
    public async Task SendSlowlyAsync(Answer answer, TimeSpan total)
    {
        const int Pieces = 20;
        Start(answer);
        context.Response.ContentLength = answer.Body.Length;
        await context.Response.StartAsync(Ending);
        int length = Math.Max(1, (answer.Body.Length + Pieces - 1) / Pieces);
        for (int start = 0; start < answer.Body.Length; start += length)
        {
            await Task.Delay(total / Pieces, Ending);
            if (start + length >= answer.Body.Length)
            {
                Leave();
            }

            await SendPieceAsync(answer.Body.Slice(start, Math.Min(length, answer.Body.Length - start)));
        }
    }

    /// <summary>Sends the first half of an answer, then breaks the connection.</summary>
    public async Task SendHalfAsync(Answer answer, bool announceLength, bool reset)
    {
        Start(answer);
        context.Response.ContentLength = announceLength ? answer.Body.Length : null;
        await context.Response.StartAsync(Ending);
        await SendPieceAsync(answer.Body[..(answer.Body.Length / 2)]);
        await Task.Delay(TimeToArrive, Ending);
        await BreakAsync(reset);
    }

    /// <summary>Sends rubbish without announcing how much.</summary>
    public async Task SendGarbageAsync(Answer answer, long length)
    {
        byte[] piece = new byte[64 * 1024];
        piece.AsSpan().Fill((byte)'#');
        Start(answer);
        for (long left = length; left > 0; left -= piece.Length)
        {
            await SendPieceAsync(piece.AsMemory(0, (int)Math.Min(left, piece.Length)));
        }
    }

    /// <summary>Breaks the connection: with a RST, or politely with a FIN.</summary>
    public async Task BreakAsync(bool reset)
    {
        NoteAborted();
        Leave();
        if (context.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
        {
            if (reset)
            {
                socket.LingerState = new LingerOption(true, 0);
                socket.Close();
            }
            else
            {
                // Kestrel's own abort is a RST, which must not overtake the FIN: so wait until the client has closed too.
                socket.Shutdown(SocketShutdown.Send);
                await Task.Delay(TimeToClose, Ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        context.Features.Get<IConnectionLifetimeFeature>()?.Abort();
    }

    public void NoteAborted()
    {
        if (record is not null)
        {
            record.Aborted = true;
        }
    }

    public void Dispose()
    {
        Leave();
        ending.Dispose();
    }

    /// <summary>
    /// The request counts as under way until just before the last of its answer goes out: the client, once it has that,
    /// may send the next at once.
    /// </summary>
    private void Leave()
    {
        if (Interlocked.Exchange(ref counted, 0) == 1)
        {
            counter.Leave();
        }
    }

    private void Start(Answer answer, IDictionary<string, string?>? changes = null)
    {
        HttpResponse response = context.Response;
        response.StatusCode = answer.Status;
        response.ContentType = answer.ContentType;
        response.Headers["X-Request-Id"] = requestId;
        foreach ((string name, string value) in answer.Headers)
        {
            response.Headers[name] = value;
        }

        foreach ((string name, string? value) in changes ?? new Dictionary<string, string?>())
        {
            response.Headers.Remove(name);
            if (value is not null)
            {
                response.Headers[name] = value;
            }
        }

        if (record is not null)
        {
            record.RequestId = requestId;
            record.StatusCode = answer.Status;
        }
    }

    private bool HasBody(Answer answer) => answer.Status is not (204 or 304) && context.Request.Method != HttpMethods.Head;

    private async Task SendPieceAsync(ReadOnlyMemory<byte> piece)
    {
        await context.Response.Body.WriteAsync(piece, Ending);
        await context.Response.Body.FlushAsync(Ending);
    }
}
