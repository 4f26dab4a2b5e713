using System;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Threading.Tasks;

namespace GitLabAgents.Tests;

/// <summary>Accepts connections on the loopback interface, until it is disposed.</summary>
internal abstract class LoopbackServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _accepting;

    // A derived class is complete before anybody can know the port.
    protected LoopbackServer()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    protected int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
    }

    /// <summary>Serves a connection. It may throw if the client closes the connection.</summary>
    protected abstract Task ServeAsync(NetworkStream stream);

    /// <summary>Copies the data of either end to the other, until one closes.</summary>
    protected static Task RelayAsync(Stream client, TcpClient server)
        => Task.WhenAny(client.CopyToAsync(server.GetStream()), server.GetStream().CopyToAsync(client));

    private async Task AcceptAsync()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync();
            }
            catch (Exception e) when (e is SocketException or InvalidOperationException)
            {
                return; // The listener was stopped, during the call or before it.
            }

            _ = ServeAsync(client);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                await ServeAsync(client.GetStream());
            }
        }
        catch (Exception e) when (e is IOException or SocketException or AuthenticationException)
        {
            // The client closed the connection, or rejected the certificate.
        }
    }
}
