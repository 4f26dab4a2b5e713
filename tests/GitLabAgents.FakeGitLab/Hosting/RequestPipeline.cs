using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab.Control;
using GitLabAgents.FakeGitLab.Rest;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace GitLabAgents.FakeGitLab;

/// <summary>The path of a request through the server: read, record, delay, then respond or fail.</summary>
internal sealed class RequestPipeline(FakeGitLabServer server)
{
    public async Task HandleAsync(HttpContext context)
    {
        DateTimeOffset receivedAt = DateTimeOffset.UtcNow;
        long creations = server.State.Creations;
        string target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        (string path, string query) = IncomingRequest.Split(target);
        FakeGitLabOptions options = server.Options;
        if (Router.TryStrip(path, options.NormalizedPrefix + ControlRoutes.Root, out string controlPath)
            && context.Connection.RemoteIpAddress is { } peer && IPAddress.IsLoopback(peer))
        {
            await ControlAsync(context, controlPath);
            return;
        }

        IReadOnlyDictionary<string, string> headers = Headers(context);
        ReadOnlyMemory<byte> body = await ReadBodyAsync(context);
        server.Counter.Begin();
        RecordedRequest? record = Record(context, target, headers, body, receivedAt, options);
        var request = new IncomingRequest
        {
            Method = context.Request.Method,
            Path = path,
            Query = query,
            Origin = context.Request.Scheme + "://" + context.Request.Host.Value,
            Headers = headers,
            Body = body,
            CreationsAtArrival = creations,
        };
        using var exchange = new HttpExchange(context, record, server);
        try
        {
            if (options.Latency > TimeSpan.Zero)
            {
                await Task.Delay(options.Latency, exchange.Ending);
            }

            ApiResponse Act() => Respond(request, exchange, options);
            await (record is not null && server.Faults.FindMatch(record) is { } fault
                ? FaultInjector.InjectAsync(fault, exchange, Act)
                : exchange.SendAsync(Act()));
        }
        catch (Exception exception) when (exception is OperationCanceledException
            or IOException or SocketException or ConnectionAbortedException)
        {
            exchange.RecordAbort();
            context.Abort();
        }
    }

    private ApiResponse Respond(IncomingRequest request, HttpExchange exchange, FakeGitLabOptions options)
    {
        if (options.RequestsPerMinute is { } limit)
        {
            string client = request.Headers.GetValueOrDefault("PRIVATE-TOKEN")
                ?? request.Headers.GetValueOrDefault("Authorization")
                ?? string.Empty;
            (ApiResponse? rejection, exchange.RateLimitHeaders) = server.RateLimiter.Count(client, limit);
            if (rejection is not null)
            {
                return rejection;
            }
        }

        return Router.Respond(request, server.State, options);
    }

    private async Task ControlAsync(HttpContext context, string path)
    {
        ReadOnlyMemory<byte> body = await ReadBodyAsync(context);
        ApiResponse response = ControlRoutes.Handle(server, context.Request.Method, path, body);
        context.Response.StatusCode = response.Status;
        context.Response.ContentType = response.ContentType;
        await context.Response.Body.WriteAsync(response.Body);
    }

    /// <summary>
    /// Faults match against the record, so there is one when there are faults, even if it is not kept.
    /// </summary>
    private RecordedRequest? Record(
        HttpContext context,
        string target,
        IReadOnlyDictionary<string, string> headers,
        ReadOnlyMemory<byte> body,
        DateTimeOffset receivedAt,
        FakeGitLabOptions options)
    {
        if (!options.RecordRequests && server.Faults.Count == 0)
        {
            return null;
        }

        var record = new RecordedRequest
        {
            Method = context.Request.Method,
            RawTarget = target,
            Headers = headers,
            Body = Redact(target, body),
            ReceivedAt = receivedAt,
            ConnectionId = context.Connection.Id,
            Protocol = context.Request.Protocol,
            ClientCertificateThumbprint = context.Connection.ClientCertificate?.Thumbprint,
        };
        if (options.RecordRequests)
        {
            server.Record(record);
        }

        return record;
    }

    /// <summary>A recorded request has no secret of an agent: of all bodies, only this one has one.</summary>
    private static string Redact(string target, ReadOnlyMemory<byte> body) =>
        body.Length > 0 && IncomingRequest.Split(target).Path.EndsWith(AdminTokenRoutes.Path, StringComparison.Ordinal)
            ? """{"token":"[REDACTED]"}"""
            : Encoding.UTF8.GetString(body.Span);

    private static Dictionary<string, string> Headers(HttpContext context)
    {
        var headers = new Dictionary<string, string>(context.Request.Headers.Count, StringComparer.OrdinalIgnoreCase);
        foreach ((string name, StringValues value) in context.Request.Headers)
        {
            headers[name] = value.Count > 1 ? string.Join(", ", value.ToArray()) : value.ToString();
        }

        return headers;
    }

    private static async Task<ReadOnlyMemory<byte>> ReadBodyAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != true)
        {
            return default;
        }

        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        return buffer.ToArray();
    }
}
