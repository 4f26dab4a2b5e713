using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>References to projects, groups and agents: which are valid, and the messages about the others.</summary>
public sealed class ResourceReferenceTests
{
    private static readonly Dictionary<string, (Func<long, object> FromId, Func<string, object> FromText)> Kinds = new()
    {
        ["project"] = (static id => new ProjectReference(id), static text => new ProjectReference(text)),
        ["group"] = (static id => new GroupReference(id), static text => new GroupReference(text)),
        ["agent"] = (static id => new AgentReference(id), static text => new AgentReference(text)),
    };

    public static TheoryData<string> KindNames() => [.. Kinds.Keys];

    [Theory]
    [MemberData(nameof(KindNames))]
    public void An_ID_is_greater_than_zero(string kind)
    {
        foreach (long id in new[] { 0L, -7L })
        {
            AssertMessage($"A {kind} ID must be greater than zero; got {id}.", () => Kinds[kind].FromId(id));
        }

        AssertMessage($"A {kind} ID must be greater than zero; got 0.", () => Kinds[kind].FromText("0"));
        AssertMessage(
            $"99999999999999999999 is too large for a {kind} ID.",
            () => Kinds[kind].FromText("99999999999999999999"));
        Assert.Equal("7", Kinds[kind].FromText("007").ToString());
    }

    [Theory]
    [MemberData(nameof(KindNames))]
    public void Text_is_not_empty(string kind)
    {
        foreach (string? text in new[] { null, string.Empty, " \t" })
        {
            AssertMessage($"The {kind} is empty.", () => Kinds[kind].FromText(text!));
        }
    }

    [Theory]
    [InlineData("project")]
    [InlineData("group")]
    public void A_path_is_not_a_URL(string kind)
        => AssertMessage(
            $"'https://gitlab.example.com/a/b' is a URL. Specify the {kind}'s ID or its full path, such as "
                + $"group/{kind}.",
            () => Kinds[kind].FromText("https://gitlab.example.com/a/b"));

    [Theory]
    [InlineData("project", "..")]
    [InlineData("project", "/")]
    [InlineData("project", "./")]
    [InlineData("group", ".")]
    [InlineData("group", "..")]
    [InlineData("group", "//")]
    public void A_path_does_not_name_another_resource(string kind, string path)
        => AssertMessage(
            $"'{path}' is not a valid {kind}. Specify the {kind}'s ID or its full path, such as group/{kind}.",
            () => Kinds[kind].FromText(path));

    [Theory]
    [MemberData(nameof(KindNames))]
    public void Equal_references_have_equal_hash_codes(string kind)
    {
        (Func<long, object> fromId, Func<string, object> fromText) = Kinds[kind];
        Assert.Equal(fromId(101), fromText(" 101 "));
        Assert.Equal(fromId(101).GetHashCode(), fromText("101").GetHashCode());
        Assert.Equal(fromText("Group/App").GetHashCode(), fromText("group/app").GetHashCode());
        Assert.Equal(50, Enumerable.Range(1, 50).Select(id => fromId(id).GetHashCode()).Distinct().Count());
        Assert.NotEqual(fromText("a/b").GetHashCode(), fromText("a/c").GetHashCode());
        Assert.NotEqual(fromId(101), fromText("a101"));
        Assert.False(fromId(101).Equals(null));
    }

    [Fact]
    public void The_current_repository_is_not_a_segment_of_a_URL()
    {
        var current = new ProjectReference(".");
        Assert.True(current.IsCurrentRepository);
        InvalidOperationException e = Assert.Throws<InvalidOperationException>(current.ToPathSegment);
        Assert.Equal("The project \".\" was not resolved.", e.Message);
    }

    [Fact]
    public async Task An_agent_is_looked_up_once_for_each_session_project_and_name()
    {
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        GitLabClient client = TestClients.CreateClient(server);
        var resolver = new AgentIdResolver();
        for (int time = 0; time < 2; time++)
        {
            Assert.Equal((101, 11), await resolver.ResolveAsync(client, 101, 11, default));
            Assert.Equal((101, 11), await resolver.ResolveAsync(client, "group/app", "prod", default));
            Assert.Equal((101, 12), await resolver.ResolveAsync(client, "group/app", "staging", default));
            Assert.Equal((101, 12), await resolver.ResolveAsync(client, "group/app", 12, default));
        }

        Assert.Equal(3, server.Requests.Count);
        using GitLabSession other = TestClients.CreateSession(server.Url);
        Assert.Equal((101, 11), await resolver.ResolveAsync(new GitLabClient(other), "group/app", "prod", default));
        Assert.Equal(4, server.Requests.Count);
    }

    private static void AssertMessage(string expected, Func<object> create)
        => Assert.StartsWith(expected, Assert.Throws<ArgumentException>(create).Message, StringComparison.Ordinal);
}
