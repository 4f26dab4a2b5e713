using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Xunit;

namespace GitLabAgents.Tests.Rotation;

/// <summary>Checks what a rotation decides from the tokens.</summary>
public sealed class RotationPlanTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 9, 12, 0, 0, TimeSpan.Zero);

    private static readonly GitLabSession Session = TestClients.CreateSession(TestClients.Unreachable);

    [Fact]
    public void One_token_is_revoked_after_the_new_one_is_in_use()
    {
        RotationPlan plan = Create([Token(1, "prod", usedHoursAgo: 1)]);
        Assert.Equal("prod-2026-03-09", plan.Name);
        Assert.Null(plan.Resumed);
        Assert.Empty(plan.ToEvict);
        Assert.Equal([1], Ids(plan.Older));
    }

    [Fact]
    public void An_agent_without_tokens_gets_its_first()
    {
        RotationPlan plan = Create([]);
        Assert.Equal("cluster-2026-03-09", plan.Name);
        Assert.Empty(plan.Older);
        Assert.Empty(plan.ToEvict);
    }

    [Theory]
    [InlineData(null, 1.0)] // Never used.
    [InlineData(24.0, 1.0)] // Unused for exactly a day.
    [InlineData(400.0, 23.0)]
    [InlineData(400.0, 399.0)] // Both long ago, the other later.
    public void The_unused_one_of_two_tokens_is_evicted(double? unused, double used)
    {
        RotationPlan plan = Create([Token(1, "a", unused), Token(2, "b", used)]);
        Assert.Equal([1], Ids(plan.ToEvict));
        Assert.Equal([2], Ids(plan.Older));
        Assert.Equal("b-2026-03-09", plan.Name);

        plan = Create([Token(1, "b", used), Token(2, "a", unused)]);
        Assert.Equal([2], Ids(plan.ToEvict));
        Assert.Equal([1], Ids(plan.Older));
    }

    [Theory]
    [InlineData(1.0, 2.0)] // Both in use.
    [InlineData(23.9, 1.0)] // Not unused for long enough.
    [InlineData(null, null)] // Nobody knows which one the agent has.
    [InlineData(400.0, 400.0)] // Neither was used later.
    [InlineData(400.0, 399.1)] // 54 minutes apart: GitLab may not have recorded that the agent returned to the first.
    public void Neither_of_two_tokens_that_may_be_in_use_is_evicted(double? first, double? second)
    {
        GitLabApiException exception = Assert.Throws<GitLabApiException>(
            () => Create([Token(1, "a", first), Token(2, "b", second)]));
        Assert.Equal(GitLabErrorKind.TokenLimitReached, exception.Kind);
        Assert.StartsWith(
            "Cannot free a slot for a new token: agent cluster ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_error_says_when_the_tokens_were_used_and_how_to_free_a_slot()
    {
        GitLabApiException exception = Assert.Throws<GitLabApiException>(
            () => Create([Token(1, "a", null), Token(2, "b", 1.5), Token(3, "c", 1)]));
        Assert.Equal(
            "Cannot free a slot for a new token: agent cluster of project group/app on gitlab.example.com has 3 active "
                + "tokens, and GitLab allows 2: tokens 'a' (1, never used), "
                + "'b' (2, last used 2026-03-09 10:30:00 UTC), 'c' (3, last used 2026-03-09 11:00:00 UTC). "
                + "A token can be revoked to free a slot only if it was never used, or not for 1 day while another was "
                + "used at least 55 minutes later. Nothing was changed. If the newest token belongs to a rotation that "
                + "did not complete, resume that: Invoke-GitLabAgentTokenRotation -Project 101 -Agent 11 -Resume. "
                + "Otherwise revoke the token that is not needed with Revoke-GitLabAgentToken.",
            exception.Message);
    }

    [Fact]
    public void An_unknown_last_use_does_not_mean_never()
    {
        GitLabApiException exception = Assert.Throws<GitLabApiException>(
            () => Create([Summary(1, "a"), Token(2, "b", 1)]));
        Assert.Equal(GitLabErrorKind.TokenLimitReached, exception.Kind);
        Assert.Contains("'a' (1, last use unknown)", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_idle_time_is_configurable()
    {
        AgentToken[] tokens = [Token(1, "a", 3), Token(2, "b", 1)];
        Assert.Equal([1], Ids(Create(tokens, UnusedFor(TimeSpan.FromHours(3))).ToEvict));
        Assert.Throws<GitLabApiException>(() => Create(tokens, UnusedFor(TimeSpan.FromHours(3.01))));
        tokens = [Token(1, "a", 24 * 6), Token(2, "b", 1)];
        GitLabApiException exception = Assert.Throws<GitLabApiException>(
            () => Create(tokens, UnusedFor(TimeSpan.FromDays(7))));
        Assert.Contains("not for 7 days ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_an_idle_time_a_token_that_may_be_in_use_is_not_evicted()
    {
        AgentToken[] tokens = [Token(1, "a", 1.5), Token(2, "b", 1)];
        Assert.Throws<GitLabApiException>(() => Create(tokens, UnusedFor(TimeSpan.Zero)));
    }

    [Fact]
    public void All_tokens_over_the_limit_but_the_one_in_use_are_evicted()
    {
        RotationPlan plan = Create([Token(1, "a", 100), Token(2, "b", 1), Token(3, "c", null)]);
        Assert.Equal([1, 3], Ids(plan.ToEvict));
        Assert.Equal([2], Ids(plan.Older));
        Assert.Throws<GitLabApiException>(() => Create([Token(1, "a", 2), Token(2, "b", 1), Token(3, "c", null)]));
    }

    [Theory]
    [InlineData("prod", "prod-2026-03-09")]
    [InlineData("prod-2024", "prod-2024-2026-03-09")]
    [InlineData("prod-2025-12-31", "prod-2026-03-09")] // The date of an earlier rotation is replaced.
    [InlineData("prod-2025-12-31-2", "prod-2026-03-09")]
    [InlineData("prod-2026-03-09", "prod-2026-03-09-2")] // The second rotation of a day.
    [InlineData("prod-2026-03-09-2", "prod-2026-03-09-3")]
    [InlineData("prod-2026-03-09-9", "prod-2026-03-09-10")]
    [InlineData("-2026-01-01", "-2026-01-01-2026-03-09")]
    [InlineData("ключ-🔑", "ключ-🔑-2026-03-09")]
    public void The_name_is_the_old_one_with_the_date(string old, string expected)
        => Assert.Equal(expected, Create([Token(1, old, 1)]).Name);

    [Fact]
    public void The_name_is_never_that_of_another_token()
    {
        RotationPlan plan = Create([Token(1, "prod", 1), Token(2, "prod-2026-03-09", null)]);
        Assert.Equal([2], Ids(plan.ToEvict));
        Assert.Equal("prod-2026-03-09-2", plan.Name);
    }

    [Fact]
    public void The_name_has_at_most_255_characters()
    {
        string name = Create([Token(1, new string('x', 243) + "🔑🔑🔑🔑🔑🔑", 1)]).Name;
        Assert.InRange(name.Length, 254, 255);
        Assert.EndsWith("-2026-03-09", name, StringComparison.Ordinal);
        Assert.False(char.IsHighSurrogate(name[^12]));
        foreach (int length in (int[])[244, 245])
        {
            name = Create([Token(1, new string('x', length), 1)]).Name;
            Assert.Equal(new string('x', 244) + "-2026-03-09", name);
        }
    }

    [Fact]
    public void A_name_that_is_given_is_not_changed()
        => Assert.Equal("mine", Create([Token(1, "prod-2026-03-09", 1)], new RotationRequest { Name = "mine" }).Name);

    [Fact]
    public void Resume_takes_the_newest_token_as_the_new_one()
    {
        // By ID, not by the server's order, which is by last use.
        RotationPlan plan = Resume([Token(7, "new", null), Token(3, "old", 1), Token(5, "other", null)]);
        Assert.Equal(7, plan.Resumed!.Id);
        Assert.Equal([3, 5], Ids(plan.Older));
        Assert.Empty(plan.ToEvict);
    }

    [Fact]
    public void Resume_starts_a_rotation_if_there_is_none()
    {
        RotationPlan plan = Resume([Token(1, "prod-2025-12-31", 1)]);
        Assert.Null(plan.Resumed);
        Assert.Equal([1], Ids(plan.Older));
        Assert.Null(Resume([]).Resumed);
    }

    [Fact]
    public void Resume_does_not_repeat_a_rotation_of_today()
    {
        Assert.Equal(1, Resume([Token(1, "prod-2026-03-09", 1)]).Resumed!.Id);
        Assert.Equal(1, Resume([Token(1, "prod-2026-03-09-2", 1)]).Resumed!.Id);
        Assert.Equal(1, Resume([Token(1, "mine", 1)], "mine").Resumed!.Id);
        Assert.Null(Resume([Token(1, "other", 1)], "mine").Resumed);
    }

    [Fact]
    public void Resume_without_a_deployment_creates_no_token()
    {
        var request = new RotationRequest { Resume = true };
        RotationPlan plan = Create([Token(1, "prod-2025-12-31", 1)], request);
        Assert.Equal(1, plan.Resumed!.Id);
        Assert.Empty(plan.Older);
        GitLabApiException exception = Assert.Throws<GitLabApiException>(() => Create([], request));
        Assert.Equal(GitLabErrorKind.TokenNotFound, exception.Kind);
        Assert.Equal(
            "There is no rotation to resume: agent cluster of project group/app on gitlab.example.com has no active "
                + "token. Start a rotation with -Deploy or -NoWait, without -Resume.",
            exception.Message);
    }

    // GitLab records a use every 40 to 55 minutes: the older token may have been used that much later than it reports.
    [Theory]
    [InlineData(1.0, null, true)]
    [InlineData(1.0, 3.0, true)]
    [InlineData(1.0, 1.95, true)] // 57 minutes apart.
    [InlineData(1.0, 1.9, false)] // 54 minutes apart.
    [InlineData(1.0, 1.0, false)]
    [InlineData(1.1, 1.0, false)]
    [InlineData(2.0, 1.0, false)] // The agent tried the new token, and returned to the old one.
    public void A_token_used_before_is_in_use_only_if_no_older_one_can_be(double newest, double? older, bool inUse)
    {
        AgentToken resumed = Token(2, "new", newest);
        RotationPlan plan = Resume([Token(1, "old", older), resumed]);
        Assert.Equal(inUse, plan.IsInUse(resumed, plan.Older));
    }

    [Fact]
    public void A_token_used_before_is_not_in_use_if_the_last_use_of_an_older_one_is_unknown()
    {
        AgentToken resumed = Token(2, "new", 1);
        RotationPlan plan = Resume([Summary(1, "old"), resumed]);
        Assert.False(plan.IsInUse(resumed, plan.Older));
    }

    [Fact]
    public void The_first_use_of_a_token_shows_that_it_is_in_use()
    {
        RotationPlan[] plans = [Create([Token(1, "old", 0)]), Resume([Token(1, "old", 0), Token(2, "new", null)])];
        foreach (RotationPlan plan in plans)
        {
            Assert.False(plan.IsInUse(Token(2, "new", null), plan.Older));
            Assert.True(plan.IsInUse(Token(2, "new", 0), plan.Older));
        }
    }

    private static RotationPlan Create(AgentToken[] tokens, RotationRequest? request = null)
        => RotationPlan.Create(Agent(), tokens, request ?? new RotationRequest(), Now);

    private static RotationPlan Resume(AgentToken[] tokens, string? name = null)
        => Create(tokens, new RotationRequest { Resume = true, Name = name, Deploy = static _ => Task.CompletedTask });

    private static RotationRequest UnusedFor(TimeSpan time) => new() { UnusedFor = time };

    private static IEnumerable<long> Ids(IEnumerable<AgentToken> tokens) => tokens.Select(token => token.Id);

    private static AgentToken Token(long id, string name, double? usedHoursAgo)
    {
        DateTimeOffset? lastUsedAt = usedHoursAgo is { } hours ? Now.AddHours(-hours) : null;
        return Read(new { id, name, agent_id = 11, status = "active", last_used_at = lastUsedAt });
    }

    private static AgentToken Summary(long id, string name) => Read(new { id, name, agent_id = 11, status = "active" });

    private static AgentToken Read(object json)
        => JsonSerializer.Deserialize(JsonSerializer.Serialize(json), GitLabJson.Default.AgentToken)!;

    private static ClusterAgent Agent()
    {
        const string Json = """
            {"id":11,"name":"cluster","config_project":{"id":101,"path_with_namespace":"group/app"}}
            """;
        ClusterAgent agent = JsonSerializer.Deserialize(Json, GitLabJson.Default.ClusterAgent)!;
        agent.ProjectId = 101;
        agent.Session = Session;
        return agent;
    }
}
