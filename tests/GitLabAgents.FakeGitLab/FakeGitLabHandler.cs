using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab.Rest;

namespace GitLabAgents.FakeGitLab;

/// <summary>
/// Responds in the client's own process, without sockets, for tests with many thousand requests. It has neither faults
/// nor records nor a rate limit.
/// </summary>
/// <param name="state">What it holds.</param>
/// <param name="options">How it behaves; only the options of the API count.</param>
public sealed class FakeGitLabHandler(State state, FakeGitLabOptions options) : HttpMessageHandler
{
    private int count;

    /// <summary>The number of requests so far.</summary>
    public int RequestCount => count;

    /// <summary>Responds in place of the server, if it returns a status.</summary>
    public Func<HttpRequestMessage, int, int?>? Fail { get; set; }

    /// <inheritdoc />
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        int number = Interlocked.Increment(ref count);
        byte[] body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
        if (Fail?.Invoke(request, number) is { } status)
        {
            return Create(ApiResponse.Message(status, $"{status} Failed"));
        }

        (string path, string query) = IncomingRequest.Split(request.RequestUri!.PathAndQuery);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, IEnumerable<string> values) in request.Headers)
        {
            headers[name] = string.Join(", ", values);
        }

        if (request.Content?.Headers.ContentType is { } type)
        {
            headers["Content-Type"] = type.ToString();
        }

        return Create(Router.Respond(
            new IncomingRequest
            {
                Method = request.Method.Method,
                Path = path,
                Query = query,
                Origin = request.RequestUri.GetLeftPart(UriPartial.Authority),
                Headers = headers,
                Body = body,
                CreationsAtArrival = state.Creations,
            },
            state,
            options));
    }

    private HttpResponseMessage Create(ApiResponse response)
    {
        var message = new HttpResponseMessage((HttpStatusCode)response.Status)
        {
            Content = new ReadOnlyMemoryContent(response.Body),
        };
        message.Headers.Date = state.Now;
        message.Content.Headers.ContentType = response.ContentType is { } type
            ? MediaTypeHeaderValue.Parse(type)
            : null;
        foreach ((string name, string value) in response.Headers.Select(static header => (header.Key, header.Value)))
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        return message;
    }
}
