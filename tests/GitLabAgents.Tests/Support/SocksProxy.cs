using System.Buffers.Binary;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace GitLabAgents.Tests;

/// <summary>A SOCKS 5 proxy (RFC 1928, RFC 1929) on the loopback interface, which asks for a password.</summary>
internal sealed class SocksProxy : LoopbackServer
{
    private readonly string _password;

    private int _logOnCount;

    public SocksProxy(string password) => _password = password;

    public string Authority => $"127.0.0.1:{Port}";

    /// <summary>How often a password was sent.</summary>
    public int LogOnCount => _logOnCount;

    private static async Task<byte[]> ReadAsync(Stream stream, int length)
    {
        byte[] bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes);
        return bytes;
    }

    private static async Task<string> ReadTextAsync(Stream stream)
        => Encoding.UTF8.GetString(await ReadAsync(stream, (await ReadAsync(stream, 1))[0]));

    protected override async Task ServeAsync(NetworkStream stream)
    {
        await ReadAsync(stream, (await ReadAsync(stream, 2))[1]); // The methods that the client offers.
        await stream.WriteAsync(new byte[] { 5, 2 });
        await ReadAsync(stream, 1);
        await ReadTextAsync(stream);
        bool isRight = await ReadTextAsync(stream) == _password;
        Interlocked.Increment(ref _logOnCount);
        await stream.WriteAsync(new byte[] { 1, isRight ? (byte)0 : (byte)1 });
        if (!isRight)
        {
            return;
        }

        byte[] request = await ReadAsync(stream, 4);
        string host = request[3] == 3
            ? await ReadTextAsync(stream)
            : new IPAddress(await ReadAsync(stream, 4)).ToString();
        int port = BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(stream, 2));
        using var server = new TcpClient();
        await server.ConnectAsync(host, port);
        await stream.WriteAsync(new byte[] { 5, 0, 0, 1, 0, 0, 0, 0, 0, 0 });
        await RelayAsync(stream, server);
    }
}
