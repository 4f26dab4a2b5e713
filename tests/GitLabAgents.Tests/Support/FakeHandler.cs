using System;
using System.Collections.Concurrent;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Tests;

/// <summary>A request as the wire saw it.</summary>
internal sealed record SentRequest(int Number, string Method, Uri Uri, string Headers, byte[] Body);

/// <summary>Answers in place of the network, and keeps what was sent.</summary>
internal sealed class FakeHandler(Func<SentRequest, CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
{
    private int _count;
    private int _underWay;

    public FakeHandler(Func<SentRequest, HttpResponseMessage> answer)
        : this((request, _) => Task.FromResult(answer(request)))
    {
    }

    public ConcurrentQueue<SentRequest> Requests { get; } = new();

    public int InFlight => _underWay;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        byte[] body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(CancellationToken.None);
        var sent = new SentRequest(Interlocked.Increment(ref _count), request.Method.Method, request.RequestUri!, request.Headers.ToString(), body);
        Requests.Enqueue(sent);
        Interlocked.Increment(ref _underWay);
        try
        {
            return await answer(sent, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }
}
