using System;
using System.Collections.Generic;
using System.Linq;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests.Rotation;

/// <summary>
/// The cluster behind agent 12 of the demo seed: it signs in with one token, and changes to the one it is handed when it
/// gets round to it. Whoever revokes the token that it signs in with cuts it off, and is found out at that very request.
/// </summary>
internal sealed class Cluster
{
    private readonly FakeGitLabServer _server;
    private readonly List<string> _outages = [];
    private long? _deployed;
    private int _pollsLeft;

    public Cluster(FakeGitLabServer server, bool spare)
    {
        _server = server;
        Old = server.State.FindToken(1004)!;
        Old.LastUsedAt = DateTimeOffset.UtcNow;
        Current = Old.Id;
        Spare = spare ? server.State.AddToken(Old.Agent, "spare") : null;
        WatchAgain();
    }

    public StoredToken Old { get; }

    public StoredToken? Spare { get; }

    /// <summary>Gets the token that the cluster signs in with.</summary>
    public long Current { get; private set; }

    /// <summary>Gets the revocations that cut the cluster off.</summary>
    public IReadOnlyList<string> Outages => _outages;

    public IEnumerable<StoredToken> Active => _server.State.Tokens.Where(token => token.Agent == Old.Agent && !token.IsRevoked);

    /// <summary>Goes on watching after the server's faults were cleared. It must come before them.</summary>
    public void WatchAgain() => _server.Faults.Add(Fault.Hang().Where(Watch).Always());

    /// <summary>Hands the cluster a secret. It changes to the token after so many looks at it.</summary>
    public void Deploy(NewAgentToken token, int looks = 1)
    {
        StoredToken stored = _server.State.FindToken(token.Id)!;
        Assert.Equal(stored.Secret, token.RevealToken());
        _deployed = token.Id;
        _pollsLeft = looks;
    }

    // Sees each request before the server acts on it; strikes none.
    private bool Watch(RecordedRequest request)
    {
        if (_deployed is { } handed && request.Method == "GET" && request.RawTarget.EndsWith($"/tokens/{handed}", StringComparison.Ordinal) && _pollsLeft-- == 0)
        {
            if (!_server.State.FindToken(handed)!.IsRevoked)
            {
                Current = handed;
                _server.State.MarkUsed(handed);
            }

            _deployed = null;
        }

        if (request.Method == "DELETE" && request.RawTarget.EndsWith($"/tokens/{Current}", StringComparison.Ordinal))
        {
            _outages.Add($"{request.Method} {request.RawTarget}");
        }

        return false;
    }
}
