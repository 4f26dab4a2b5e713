using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab.Control;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace GitLabAgents.FakeGitLab;

/// <summary>The way of a request through the server: read, record, delay, break or answer.</summary>
internal sealed class Pipeline(FakeGitLabServer server)
{
    public async Task HandleAsync(HttpContext context)
    {
        DateTimeOffset receivedAt = DateTimeOffset.UtcNow;
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
        server.Counter.Enter();
        RecordedRequest? record = Record(context, target, headers, body, receivedAt, options);
        var request = new IncomingRequest
        {
            Method = context.Request.Method,
            Path = path,
            Query = query,
            Origin = context.Request.Scheme + "://" + context.Request.Host.Value,
            Headers = headers,
            Body = body,
        };
        using var exchange = new Exchange(context, record, server.Counter, server.Stopping);
        try
        {
            if (options.Latency > TimeSpan.Zero)
            {
                await Task.Delay(options.Latency, exchange.Ending);
            }

            Answer Act() => Router.Answer(request, server.State, options);
            await (record is not null && server.Faults.Take(record) is { } fault
                ? FaultPlayer.PlayAsync(fault, exchange, Act)
                : exchange.SendAsync(Act()));
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or SocketException or ConnectionAbortedException)
        {
            exchange.NoteAborted();
            context.Abort();
        }
    }

    private async Task ControlAsync(HttpContext context, string path)
    {
        ReadOnlyMemory<byte> body = await ReadBodyAsync(context);
        Answer answer = ControlRoutes.Handle(server, context.Request.Method, path, body);
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.ContentType;
        await context.Response.Body.WriteAsync(answer.Body);
    }

    /// <summary>Faults are asked about the record, so there is one when there are faults, even if it is not kept.</summary>
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
            Body = Encoding.UTF8.GetString(body.Span),
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
