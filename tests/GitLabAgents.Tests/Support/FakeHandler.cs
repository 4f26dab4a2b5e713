using System;
using System.Collections.Concurrent;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Tests;

/// <summary>A request that the handler received.</summary>
internal sealed record SentRequest(int Number, string Method, Uri Uri, string Headers, byte[] Body);

/// <summary>Responds in place of the network, and records the requests.</summary>
internal sealed class FakeHandler(Func<SentRequest, CancellationToken, Task<HttpResponseMessage>> respond)
    : HttpMessageHandler
{
    private int _count;
    private int _inFlight;

    public FakeHandler(Func<SentRequest, HttpResponseMessage> respond)
        : this((request, _) => Task.FromResult(respond(request)))
    {
    }

    public ConcurrentQueue<SentRequest> Requests { get; } = new();

    public int InFlight => _inFlight;

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        byte[] body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(CancellationToken.None);
        var sent = new SentRequest(
            Interlocked.Increment(ref _count),
            request.Method.Method,
            request.RequestUri!,
            request.Headers.ToString(),
            body);
        Requests.Enqueue(sent);
        Interlocked.Increment(ref _inFlight);
        try
        {
            return await respond(sent, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }
}
