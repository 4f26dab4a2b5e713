using System;
using System.Threading.Tasks;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks how addresses and references to projects and agents are parsed.</summary>
public sealed class ServerAddressTests
{
    [Theory]
    [InlineData("gitlab.example.com", "https://gitlab.example.com/")]
    [InlineData("  gitlab.example.com\n", "https://gitlab.example.com/")]
    [InlineData("gitlab.example.com:8443", "https://gitlab.example.com:8443/")]
    [InlineData("localhost", "https://localhost/")]
    [InlineData("localhost:3000", "https://localhost:3000/")]
    [InlineData("https://GitLab.Example.com", "https://gitlab.example.com/")]
    [InlineData("HTTPS://gitlab.example.com", "https://gitlab.example.com/")]
    [InlineData("http://gitlab.example.com", "http://gitlab.example.com/")]
    [InlineData("https://gitlab.example.com:443/", "https://gitlab.example.com/")]
    [InlineData("https://gitlab.example.com/gitlab", "https://gitlab.example.com/gitlab")]
    [InlineData("https://gitlab.example.com/gitlab///", "https://gitlab.example.com/gitlab")]
    [InlineData("gitlab.example.com/gitlab/", "https://gitlab.example.com/gitlab")]
    [InlineData("gitlab.example.com/api/v4", "https://gitlab.example.com/")]
    [InlineData("https://gitlab.example.com/api/v4/", "https://gitlab.example.com/")]
    [InlineData("https://gitlab.example.com/API/V4", "https://gitlab.example.com/")]
    [InlineData("https://gitlab.example.com/gitlab/api/v4//", "https://gitlab.example.com/gitlab")]
    [InlineData("https://192.168.0.1:8080/x", "https://192.168.0.1:8080/x")]
    [InlineData("[::1]", "https://[::1]/")]
    [InlineData("[::1]:8443", "https://[::1]:8443/")]
    [InlineData("http://[2001:db8::1]:8080/gitlab", "http://[2001:db8::1]:8080/gitlab")]
    public void An_address_is_parsed(string text, string expected)
        => Assert.Equal(expected, ServerAddress.Parse(text).AbsoluteUri);

    [Theory]
    [InlineData("https://user:SECRET@gitlab.example.com")]
    [InlineData("https://SECRET@gitlab.example.com")]
    [InlineData("oauth2:SECRET@gitlab.example.com")]
    [InlineData("https://gitlab.example.com/?private_token=SECRET")]
    [InlineData("gitlab.example.com?private_token=SECRET")]
    [InlineData("https://gitlab.example.com/#SECRET")]
    [InlineData("https://user:SECRET@")]
    [InlineData("https://user:SECRET@:99999/")]
    [InlineData("https:// bad host/?x=SECRET")]
    [InlineData("https:// bad host/#SECRET")]
    [InlineData("ftp://u:SECRET@gitlab.example.com")]
    public void Credentials_in_an_address_are_rejected_and_not_repeated(string text)
    {
        ArgumentException exception = Assert.ThrowsAny<ArgumentException>(() => ServerAddress.Parse(text));
        Assert.DoesNotContain("SECRET", exception.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("glpat-maintainer")]
    [InlineData("GLPAT-Maintainer")]
    [InlineData(" glpat-xXxXxXxXxXxXxXxXxXxX\n")]
    [InlineData("https://glpat-xXxXxXxXxXxXxXxXxXxX")]
    [InlineData("glpat-xXxXxXxXxXxXxXxXxXxX/api/v4")]
    [InlineData("gitlab.example.com/glpat-xXxXxXxXxXxXxXxXxXxX")]
    [InlineData("https://gitlab.example.com/prefix/glpat-xXxXxXxXxXxXxXxXxXxX")]
    [InlineData("\"xYz1AbCdEfGhIjKlMnOp\"")]
    [InlineData("'glpat-xXxXxXxXxXxXxXxXxXxX'")]
    [InlineData("glpat-aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789_-a.01.0w1abc234")]
    [InlineData("gldt-xyzzyxyzzy")]
    [InlineData("glagent-xyzzyxyzzy")]
    [InlineData("gloas-xyzzyxyzzy")]
    [InlineData("glptt-xyzzyxyzzy")]
    [InlineData("glrt-xyzzyxyzzy")]
    [InlineData("glcbt-xyzzyxyzzy")]
    [InlineData("glcbt-64_aBcDeFgHiJkLmNoPqRsT")]
    [InlineData("xYz1AbCdEfGhIjKlMnOp")] // Of a release without prefixes.
    [InlineData("corp-xYz1AbCdEfGhIjKlMnOp.01.0w1abc234")] // With a prefix that the instance configures.
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")] // OAuth.
    public void An_access_token_is_rejected_as_an_address_and_not_repeated(string text)
    {
        ArgumentException exception = Assert.ThrowsAny<ArgumentException>(() => ServerAddress.Parse(text));
        Assert.Matches("(looks like|contains) an access token", exception.Message);
        string secret = text.Trim().Trim('"', '\'').Replace("/api/v4", string.Empty, StringComparison.Ordinal)
            .Split('/')[^1][6..];
        Assert.DoesNotContain(secret, exception.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal("…", ServerAddress.Redact(text));
    }

    [Theory]
    [InlineData("glpat-1.example.com")]
    [InlineData("glagent-cluster-production-eu-west-1.example.com")]
    [InlineData("glab")]
    [InlineData("gitlab-production-eu-west-1")]
    [InlineData("MyCompanyGitLab01")]
    [InlineData("https://MyCompanyGitLabServer01")]
    [InlineData("MyCompanyGitLabServer01.example.com")]
    public void A_host_name_that_resembles_a_token_is_accepted(string text)
        => Assert.EndsWith(text.Split('/')[^1], ServerAddress.Parse(text).Host, StringComparison.OrdinalIgnoreCase);

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("https://")]
    [InlineData("http:///path")]
    [InlineData("ftp://gitlab.example.com")]
    [InlineData("file:///etc/passwd")]
    [InlineData("ssh://gitlab.example.com")]
    [InlineData("ws://gitlab.example.com")]
    [InlineData("gitlab example com")]
    [InlineData("https://gitlab.example.com:99999")]
    [InlineData("https://[::1")]
    [InlineData("://")]
    public void An_invalid_address_is_rejected(string text)
        => Assert.ThrowsAny<ArgumentException>(() => ServerAddress.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("0")]
    [InlineData("/")]
    [InlineData("./")]
    [InlineData("..")]
    [InlineData("/../")]
    [InlineData("https://gitlab.example.com/group/app")]
    [InlineData("99999999999999999999")]
    public void An_invalid_project_is_rejected(string text)
        => Assert.ThrowsAny<ArgumentException>(() => new ProjectReference(text));

    [Fact]
    public async Task An_unresolved_project_of_a_clone_is_never_sent()
    {
        var handler = new FakeHandler(_ => TestClients.Json("[]"));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => TestClients.ToListAsync(TestClients.CreateClient(handler).GetAgentsAsync(".")));
        Assert.Empty(handler.Requests);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("0", "")]
    [InlineData("007", "7")]
    [InlineData(" prod ", "prod")]
    [InlineData("7a", "7a")]
    public void An_agent_is_an_ID_or_a_name(string text, string expected)
    {
        if (expected.Length == 0)
        {
            Assert.ThrowsAny<ArgumentException>(() => new AgentReference(text));
        }
        else
        {
            Assert.Equal(expected, new AgentReference(text).ToString());
        }
    }

    [Fact]
    public void References_are_compared_without_case()
    {
        Assert.Equal(new ProjectReference("Group/App"), new ProjectReference("group/app"));
        Assert.Equal(new ProjectReference("101"), (ProjectReference)101);
        Assert.NotEqual(new ProjectReference("101"), (ProjectReference)102L);
        Assert.Equal(((AgentReference)"prod").GetHashCode(), ((AgentReference)"PROD").GetHashCode());
        Assert.ThrowsAny<ArgumentException>(() => (AgentReference)0);
        Assert.ThrowsAny<ArgumentException>(() => (ProjectReference)(-1L));
    }
}
