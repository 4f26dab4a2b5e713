using System;
using System.Text.Json;
using Xunit;

namespace GitLabAgents.Tests.Rotation;

/// <summary>Checks how messages of rotations name agents, tokens and durations.</summary>
public sealed class RotationFormatterTests
{
    [Theory]
    [InlineData(0, "0 seconds")]
    [InlineData(1, "1 second")]
    [InlineData(25, "25 seconds")]
    [InlineData(60, "1 minute")]
    [InlineData(900, "15 minutes")]
    [InlineData(3600, "1 hour")]
    [InlineData(5400, "1.5 hours")]
    [InlineData(6000, "1.67 hours")]
    [InlineData(86400, "1 day")]
    [InlineData(172800, "2 days")]
    public void Durations_have_the_right_unit(int seconds, string expected)
        => Assert.Equal(expected, RotationFormatter.FormatDuration(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(59, "less than a minute")]
    [InlineData(60, "1 minute")]
    [InlineData(3599, "59 minutes")]
    [InlineData(3600, "1 hour")]
    [InlineData(7199, "1 hour")]
    [InlineData(86399, "23 hours")]
    [InlineData(86400, "1 day")]
    [InlineData(172799, "1 day")]
    public void Ages_are_whole_units_that_have_passed(int seconds, string expected)
        => Assert.Equal(expected, RotationFormatter.FormatAge(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(900, "15 minutes")]
    [InlineData(840.1, "15 minutes")]
    [InlineData(120.1, "3 minutes")]
    [InlineData(120, "120 seconds")]
    [InlineData(94.2, "95 seconds")]
    [InlineData(0.1, "1 second")]
    public void The_time_that_is_left_is_rounded_up(double seconds, string expected)
        => Assert.Equal(expected, RotationFormatter.FormatTimeLeft(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Tokens_are_named_with_their_IDs()
    {
        AgentToken named = new() { Id = 1, Name = "a\u202Eb" };
        AgentToken unnamed = new() { Id = 2 };
        Assert.Equal("token 'a b' (1)", RotationFormatter.FormatToken(named));
        Assert.Equal("tokens 'a b' (1), '2' (2)", RotationFormatter.FormatTokens([named, unnamed]));
        Assert.Equal("token '2' (2, idle)", RotationFormatter.FormatTokens([unnamed], static _ => "idle"));
    }

    [Theory]
    [InlineData(""", "path_with_namespace": "group/app\u202E" """, "agent prod  of project group/app  on ")]
    [InlineData("", "agent prod  of project 101 on ")]
    public void Agents_are_named_with_their_project_and_host(string path, string expected)
    {
        using GitLabSession session = TestClients.CreateSession(TestClients.Unreachable);
        ClusterAgent agent = JsonSerializer.Deserialize(
            $$"""{"id": 11, "name": "prod\u202E", "config_project": {"id": 101 {{path}} } }""",
            GitLabJson.Default.ClusterAgent)!;
        agent.ProjectId = 101;
        agent.Session = session;
        Assert.Equal($"{expected}{session}", RotationFormatter.FormatAgent(agent));
    }
}
