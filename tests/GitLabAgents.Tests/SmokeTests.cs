using Xunit;

namespace GitLabAgents.Tests;

public sealed class SmokeTests
{
    [Fact]
    public void X() => Assert.Equal("a", new AgentReference("a").ToString());
}
