using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Xunit;

namespace GitLabAgents.Tests.Rotation;

/// <summary>What a rotation decides by the tokens alone.</summary>
public sealed class RotationPlanTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 9, 12, 0, 0, TimeSpan.Zero);

    private static readonly GitLabSession Session = TestClients.Session(TestClients.Unreachable);

    [Fact]
    public void One_token_is_older_than_the_new_one()
    {
        RotationPlan plan = Make([Token(1, "prod", usedHoursAgo: 1)]);
        Assert.Equal("prod-2026-03-09", plan.Name);
        Assert.Null(plan.Resumed);
        Assert.Empty(plan.ToEvict);
        Assert.Equal([1], Ids(plan.Older));
    }

    [Fact]
    public void An_agent_without_tokens_gets_its_first()
    {
        RotationPlan plan = Make([]);
        Assert.Equal("cluster-2026-03-09", plan.Name);
        Assert.Empty(plan.Older);
        Assert.Empty(plan.ToEvict);
    }

    [Theory]
    [InlineData(null, 1.0)] // Never used.
    [InlineData(24.0, 1.0)] // Unused for just a day.
    [InlineData(400.0, 23.0)]
    [InlineData(400.0, 399.0)] // Both long ago; the other later.
    public void Of_two_the_one_that_is_not_used_is_given_up(double? unused, double used)
    {
        RotationPlan plan = Make([Token(1, "a", unused), Token(2, "b", used)]);
        Assert.Equal([1], Ids(plan.ToEvict));
        Assert.Equal([2], Ids(plan.Older));
        Assert.Equal("b-2026-03-09", plan.Name);

        plan = Make([Token(1, "b", used), Token(2, "a", unused)]);
        Assert.Equal([2], Ids(plan.ToEvict));
        Assert.Equal([1], Ids(plan.Older));
    }

    [Theory]
    [InlineData(1.0, 2.0)] // Both in use.
    [InlineData(23.9, 1.0)] // Not unused for long enough.
    [InlineData(null, null)] // No one knows which the agent has.
    [InlineData(400.0, 400.0)] // Neither later.
    public void Of_two_that_may_be_in_use_none_is_given_up(double? first, double? second)
    {
        GitLabApiException exception = Assert.Throws<GitLabApiException>(() => Make([Token(1, "a", first), Token(2, "b", second)]));
        Assert.Equal(GitLabErrorKind.TokenLimitReached, exception.Kind);
        Assert.Contains("'a' (1, ", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'b' (2, ", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Nothing was changed", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_not_read_in_detail_is_not_taken_for_never_used()
    {
        GitLabApiException exception = Assert.Throws<GitLabApiException>(() => Make([Summary(1, "a"), Token(2, "b", 1)]));
        Assert.Equal(GitLabErrorKind.TokenLimitReached, exception.Kind);
        Assert.Contains("'a' (1, last use not known)", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void How_long_unused_is_for_the_user_to_say()
    {
        AgentToken[] tokens = [Token(1, "a", 3), Token(2, "b", 1)];
        Assert.Equal([1], Ids(Make(tokens, new RotationRequest { UnusedFor = TimeSpan.FromHours(3) }).ToEvict));
        Assert.Throws<GitLabApiException>(() => Make(tokens, new RotationRequest { UnusedFor = TimeSpan.FromHours(3.01) }));
        Assert.Throws<GitLabApiException>(() => Make([Token(1, "a", 24 * 6), Token(2, "b", 1)], new RotationRequest { UnusedFor = TimeSpan.FromDays(7) }));
    }

    [Fact]
    public void Of_more_than_are_allowed_all_but_the_one_in_use_must_go()
    {
        RotationPlan plan = Make([Token(1, "a", 100), Token(2, "b", 1), Token(3, "c", null)]);
        Assert.Equal([1, 3], Ids(plan.ToEvict));
        Assert.Equal([2], Ids(plan.Older));
        Assert.Throws<GitLabApiException>(() => Make([Token(1, "a", 2), Token(2, "b", 1), Token(3, "c", null)]));
    }

    [Theory]
    [InlineData("prod", "prod-2026-03-09")]
    [InlineData("prod-2024", "prod-2024-2026-03-09")]
    [InlineData("prod-2025-12-31", "prod-2026-03-09")] // The date of an earlier rotation goes.
    [InlineData("prod-2025-12-31-2", "prod-2026-03-09")]
    [InlineData("prod-2026-03-09", "prod-2026-03-09-2")] // Twice on a day.
    [InlineData("prod-2026-03-09-2", "prod-2026-03-09")]
    [InlineData("-2026-01-01", "-2026-01-01-2026-03-09")]
    [InlineData("ключ-🔑", "ключ-🔑-2026-03-09")]
    public void The_name_is_made_of_the_old_one_and_the_date(string old, string expected)
        => Assert.Equal(expected, Make([Token(1, old, 1)]).Name);

    [Fact]
    public void The_name_stays_within_what_GitLab_takes()
    {
        string name = Make([Token(1, new string('x', 243) + "🔑🔑🔑🔑🔑🔑", 1)]).Name;
        Assert.InRange(name.Length, 254, 255);
        Assert.EndsWith("-2026-03-09", name, StringComparison.Ordinal);
        Assert.False(char.IsHighSurrogate(name[^12]));
    }

    [Fact]
    public void A_name_that_is_given_is_taken_as_it_is()
        => Assert.Equal("mine", Make([Token(1, "prod-2026-03-09", 1)], new RotationRequest { Name = "mine" }).Name);

    [Fact]
    public void To_resume_the_newest_is_the_new_one_and_the_rest_are_older()
    {
        // By number, not by the server's order, which is by last use.
        RotationPlan plan = Resume([Token(7, "new", null), Token(3, "old", 1), Token(5, "other", null)]);
        Assert.Equal(7, plan.Resumed!.Id);
        Assert.Equal([3, 5], Ids(plan.Older));
        Assert.Empty(plan.ToEvict);
    }

    [Fact]
    public void To_resume_where_there_is_no_rotation_begins_one()
    {
        RotationPlan plan = Resume([Token(1, "prod-2025-12-31", 1)]);
        Assert.Null(plan.Resumed);
        Assert.Equal([1], Ids(plan.Older));
        Assert.Null(Resume([]).Resumed);
    }

    [Fact]
    public void To_resume_what_was_completed_today_does_not_begin_another()
    {
        Assert.Equal(1, Resume([Token(1, "prod-2026-03-09", 1)]).Resumed!.Id);
        Assert.Equal(1, Resume([Token(1, "prod-2026-03-09-2", 1)]).Resumed!.Id);
        Assert.Equal(1, Resume([Token(1, "mine", 1)], "mine").Resumed!.Id);
        Assert.Null(Resume([Token(1, "other", 1)], "mine").Resumed);
    }

    [Fact]
    public void To_resume_without_a_deploy_makes_no_token()
    {
        var request = new RotationRequest { Resume = true };
        RotationPlan plan = Make([Token(1, "prod-2025-12-31", 1)], request);
        Assert.Equal(1, plan.Resumed!.Id);
        Assert.Empty(plan.Older);
        Assert.Equal(GitLabErrorKind.TokenNotFound, Assert.Throws<GitLabApiException>(() => Make([], request)).Kind);
    }

    [Theory]
    [InlineData(null, 1.0, false)]
    [InlineData(1.0, 1.0, true)]
    [InlineData(1.0, null, true)]
    [InlineData(1.0, 3.0, true)]
    [InlineData(1.1, 1.0, true)] // Six minutes apart: both pods were up.
    [InlineData(2.0, 1.0, false)] // Tried and left: the agent is back with the old one.
    public void A_token_that_was_found_is_in_use_only_if_the_older_is_not_used_later(double? newest, double? older, bool inUse)
    {
        RotationPlan plan = Resume([Token(1, "old", older), Token(2, "new", newest)]);
        Assert.Equal(inUse, plan.IsInUse(plan.Resumed!));
    }

    [Fact]
    public void A_token_that_was_found_is_not_in_use_where_the_older_ones_last_use_is_not_known()
    {
        RotationPlan plan = Resume([Summary(1, "old"), Token(2, "new", 1)]);
        Assert.False(plan.IsInUse(plan.Resumed!));
    }

    [Fact]
    public void A_token_that_was_made_is_in_use_once_it_was_used()
    {
        RotationPlan plan = Make([Token(1, "old", 0)]);
        Assert.False(plan.IsInUse(Token(2, "new", null)));
        Assert.True(plan.IsInUse(Token(2, "new", 2)));
    }

    private static RotationPlan Make(IReadOnlyList<AgentToken> tokens, RotationRequest? request = null)
        => RotationPlan.Create(Agent(), tokens, request ?? new RotationRequest(), Now);

    private static RotationPlan Resume(IReadOnlyList<AgentToken> tokens, string? name = null)
        => Make(tokens, new RotationRequest { Resume = true, Name = name, Deploys = true });

    private static IEnumerable<long> Ids(IEnumerable<AgentToken> tokens) => tokens.Select(token => token.Id);

    private static AgentToken Token(long id, string name, double? usedHoursAgo)
        => Read(new { id, name, agent_id = 11, status = "active", last_used_at = usedHoursAgo is { } hours ? Now.AddHours(-hours) : (DateTimeOffset?)null });

    private static AgentToken Summary(long id, string name) => Read(new { id, name, agent_id = 11, status = "active" });

    private static AgentToken Read(object json) => JsonSerializer.Deserialize(JsonSerializer.Serialize(json), GitLabJson.Default.AgentToken)!;

    private static ClusterAgent Agent()
    {
        ClusterAgent agent = JsonSerializer.Deserialize("""{"id":11,"name":"cluster","config_project":{"id":101,"path_with_namespace":"group/app"}}""", GitLabJson.Default.ClusterAgent)!;
        agent.Session = Session;
        return agent;
    }
}
