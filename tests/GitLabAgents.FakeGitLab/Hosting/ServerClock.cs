using System;

namespace GitLabAgents.FakeGitLab;

/// <summary>The server's clock, which can be ahead of or behind the client's.</summary>
internal sealed class ServerClock(Func<FakeGitLabOptions> options) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => options().Clock.GetUtcNow() + options().ClockSkew;
}
