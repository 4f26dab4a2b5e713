using System;
using System.Collections.Generic;
using System.Linq;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests.Rotation;

/// <summary>
/// The cluster behind agent 12 of the demo seed. It signs in with one token, and switches to the one that is deployed
/// after some polls. It records each request that revokes the token it signs in with.
/// </summary>
internal sealed class Cluster
{
    private readonly FakeGitLabServer _server;
    private readonly List<string> _outages = [];
    private long? _deployed;
    private int _pollsLeft;
    private DateTimeOffset _now = DateTimeOffset.UtcNow;

    public Cluster(FakeGitLabServer server, bool spare)
    {
        _server = server;
        Old = server.State.FindToken(1004)!;
        Old.LastUsedAt = _now;
        Current = Old.Id;
        Spare = spare ? server.State.AddToken(Old.Agent, "spare") : null;
        WatchAgain();
    }

    public StoredToken Old { get; }

    public StoredToken? Spare { get; }

    /// <summary>Gets the token that the cluster signs in with.</summary>
    public long Current { get; private set; }

    /// <summary>Gets the revocations of the token that the cluster was using.</summary>
    public IReadOnlyList<string> Outages => _outages;

    public IEnumerable<StoredToken> Active
        => _server.State.Tokens.Where(token => token.Agent == Old.Agent && !token.IsRevoked);

    /// <summary>Lets two hours pass, in which the cluster uses its token.</summary>
    public void PassTime()
    {
        _now = _now.AddHours(2);
        _server.State.MarkUsed(Current, _now);
    }

    /// <summary>Returns to the token that the cluster had first.</summary>
    public void Return()
    {
        Current = Old.Id;
        PassTime();
    }

    /// <summary>Watches the requests again after the faults were cleared. It must be the first fault.</summary>
    public void WatchAgain() => _server.Faults.Add(Fault.Hang().Where(Watch).Always());

    /// <summary>Deploys a token. The cluster switches to it after that many polls.</summary>
    public void Deploy(NewAgentToken token, int polls = 1)
    {
        StoredToken stored = _server.State.FindToken(token.Id)!;
        Assert.Equal(stored.Secret, token.RevealToken());
        _deployed = token.Id;
        _pollsLeft = polls;
    }

    // Sees each request before the server handles it, and changes none.
    private bool Watch(RecordedRequest request)
    {
        if (_deployed is { } deployed
            && request.Method == "GET"
            && request.RawTarget.EndsWith($"/tokens/{deployed}", StringComparison.Ordinal)
            && _pollsLeft-- == 0)
        {
            if (!_server.State.FindToken(deployed)!.IsRevoked)
            {
                Current = deployed;
                _server.State.MarkUsed(deployed, _now);
            }

            _deployed = null;
        }

        if (request.Method == "DELETE"
            && request.RawTarget.EndsWith($"/tokens/{Current}", StringComparison.Ordinal))
        {
            _outages.Add($"{request.Method} {request.RawTarget}");
        }

        return false;
    }
}
