using System;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;

namespace GitLabAgents.Tests;

/// <summary>
/// A proxy on the loopback interface. It connects where a request gets status 200, and refuses with any other.
/// </summary>
internal sealed class TestProxy : LoopbackServer
{
    private readonly Func<int, string, int> _respond;

    /// <param name="respond">Gets the number of the request, from 1, and its head; returns the status.</param>
    public TestProxy(Func<int, string, int> respond) => _respond = respond;

    public Uri Url => new($"http://127.0.0.1:{Port}");

    /// <summary>The heads of the requests to the proxy.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    private static async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one) == 1)
        {
            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    protected override async Task ServeAsync(NetworkStream stream)
    {
        while (await ReadHeadAsync(stream) is { Length: > 0 } head)
        {
            Requests.Enqueue(head);
            int status = _respond(Requests.Count, head);
            if (status == 200)
            {
                await ConnectAsync(stream, head);
                return;
            }

            string response = string.Create(
                CultureInfo.InvariantCulture,
                $"HTTP/1.1 {status} No\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n");
            await stream.WriteAsync(Encoding.ASCII.GetBytes(response));
        }
    }

    private static async Task ConnectAsync(NetworkStream stream, string head)
    {
        string[] target = head.Split(' ')[1].Split(':');
        using var server = new TcpClient();
        await server.ConnectAsync(target[0], int.Parse(target[^1], CultureInfo.InvariantCulture));
        await stream.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
        await RelayAsync(stream, server);
    }
}
