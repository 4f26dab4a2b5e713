using System.Collections.Concurrent;
using System.Threading;
using Microsoft.AspNetCore.Connections;

namespace GitLabAgents.FakeGitLab;

/// <summary>The open connections, so that the server can break them when it stops.</summary>
internal sealed class ConnectionList
{
    private readonly ConcurrentDictionary<ConnectionContext, bool> open = new();
    private int opened;

    public int Opened => Volatile.Read(ref opened);

    public ConnectionDelegate Track(ConnectionDelegate next) => async connection =>
    {
        Interlocked.Increment(ref opened);
        open.TryAdd(connection, true);
        try
        {
            await next(connection);
        }
        finally
        {
            open.TryRemove(connection, out _);
        }
    };

    public void AbortAll()
    {
        foreach (ConnectionContext connection in open.Keys)
        {
            connection.Abort();
        }
    }
}
