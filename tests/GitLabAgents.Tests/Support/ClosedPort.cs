using System;
using System.Net;
using System.Net.Sockets;

namespace GitLabAgents.Tests;

/// <summary>
/// A port that refuses connections. It stays reserved until it is disposed; the port of a server that was stopped could
/// by then belong to the server of another test.
/// </summary>
internal sealed class ClosedPort : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public ClosedPort() => _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_socket.LocalEndPoint!).Port}/");

    public void Dispose() => _socket.Dispose();
}
