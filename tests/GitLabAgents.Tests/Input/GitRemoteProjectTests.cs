using System;
using System.ComponentModel;
using System.Diagnostics;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Checks which project the remote <c>origin</c> of a clone points to.</summary>
public sealed class GitRemoteProjectTests
{
    [Theory]
    [InlineData("git@gitlab.example.com:group/app.git", "gitlab.example.com", "group/app")]
    [InlineData("gitlab.example.com:group/sub/app", "gitlab.example.com", "group/sub/app")]
    [InlineData("git@gitlab.example.com:/group/app.git", "gitlab.example.com", "group/app")]
    [InlineData("me@corp@gitlab.example.com:group/app.git", "gitlab.example.com", "group/app")]
    [InlineData("git@[gitlab.example.com:2222]:group/app.git", "gitlab.example.com", "group/app")]
    [InlineData("[git@gitlab.example.com:2222]:group/app.git", "gitlab.example.com", "group/app")]
    [InlineData("[gitlab.example.com]:group/app.git", "gitlab.example.com", "group/app")]
    [InlineData("git@[2001:DB8:0::1]:group/app.git", "2001:db8::1", "group/app")]
    [InlineData("git@gitlab.example.com:group/a:b@c.git", "gitlab.example.com", "group/a:b@c")]
    [InlineData("ssh://git@gitlab.example.com:2222/group/app.git", "gitlab.example.com", "group/app")]
    [InlineData("ssh://gitlab.example.com/group/app", "gitlab.example.com", "group/app")]
    [InlineData("ssh://git@[::1]:2222/group/app.git", "::1", "group/app")]
    [InlineData("git+ssh://git@gitlab.example.com/group/app.git", "gitlab.example.com", "group/app")]
    [InlineData("ssh+git://git@gitlab.example.com/group/app.git", "gitlab.example.com", "group/app")]
    [InlineData("git://gitlab.example.com/group/app.git", "gitlab.example.com", "group/app")]
    [InlineData("https::https://gitlab.example.com/group/app.git", "gitlab.example.com", "group/app")]
    [InlineData("https://me:secret@gitlab.example.com/group/app.git/", "gitlab.example.com", "group/app")]
    [InlineData("https://me:p@ss@gitlab.example.com/group/app.git", "gitlab.example.com", "group/app")]
    [InlineData("https://oauth2:glpat-x@gitlab.example.com:8443/group/app.git//", "gitlab.example.com", "group/app")]
    [InlineData("HTTPS://GitLab.Example.COM/Group/App.GIT", "gitlab.example.com", "Group/App")]
    [InlineData("https://gitlab.example.com./group/app", "gitlab.example.com", "group/app")]
    [InlineData("https://gitlab.example.com/gr%C3%BCppe/app", "gitlab.example.com", "grüppe/app")]
    [InlineData("git@gitlab.example.com:gr%C3%BC/app", "gitlab.example.com", "gr%C3%BC/app")]
    [InlineData("https://bücher.example/group/app.git.git", "xn--bcher-kva.example", "group/app.git")]
    [InlineData(" https://gitlab.example.com/group/app\n", "gitlab.example.com", "group/app")]
    public void A_remote_has_a_host_and_a_path(string remote, string host, string path)
    {
        (string Host, string Path, bool IsWeb)? parsed = GitRemoteProject.Parse(remote);
        Assert.Equal((host, path, remote.Trim().StartsWith("http", StringComparison.OrdinalIgnoreCase)), parsed);
    }

    [Theory]
    [InlineData("/srv/git/app.git")]
    [InlineData("../group/app")]
    [InlineData("./a:b/c")]
    [InlineData("group/app")]
    [InlineData("C:/git/group/app")]
    [InlineData(@"C:\git\group\app")]
    [InlineData(@"\\server\share\app")]
    [InlineData("file:///srv/git/app.git")]
    [InlineData("file://host/group/app.git")]
    [InlineData("ftp://gitlab.example.com/group/app.git")]
    [InlineData("ext::ssh git@host group/app")]
    [InlineData("https://gitlab.example.com/")]
    [InlineData("https://gitlab.example.com/app.git")]
    [InlineData("git@gitlab.example.com:101")]
    [InlineData("git@gitlab.example.com:group/../app")]
    [InlineData("git@gitlab.example.com:group/.git")]
    [InlineData("https://gitlab.example.com/group/app?private_token=x")]
    [InlineData("")]
    public void A_remote_that_is_not_a_project_of_a_host_is_ignored(string remote)
        => Assert.Null(GitRemoteProject.Parse(remote));

    [SkippableTheory]
    [InlineData("https://gitlab.example.com/gitlab/group/app.git", "group/app")]
    [InlineData("https://gitlab.example.com/GitLab/group/app.git", "group/app")]
    [InlineData("git@gitlab.example.com:group/app.git", "group/app")]
    [InlineData("git@gitlab.example.com:gitlab/app.git", "gitlab/app")]
    [InlineData("work:app.git", "group/app")] // By insteadOf, below.
    [InlineData("https://gitlab.example.com/group/app.git", null)]
    [InlineData("https://gitlab.example.com/gitlab/app.git", null)]
    [InlineData("https://other.example.com/gitlab/group/app.git", null)]
    public void The_prefix_of_the_GitLab_is_not_part_of_the_path(string remote, string? expected)
    {
        using var folder = new TemporaryFolder();
        Git(folder.Path, "init", "-q");
        Git(folder.Path, "config", "url.git@gitlab.example.com:group/.insteadOf", "work:");
        Git(folder.Path, "remote", "add", "origin", remote);
        using GitLabSession session = TestClients.CreateSession(new Uri("https://gitlab.example.com/gitlab"));
        if (expected is not null)
        {
            Assert.Equal(expected, GitRemoteProject.Resolve(folder.Path, session).Path);
            return;
        }

        GitLabApiException e = Assert.Throws<GitLabApiException>(() => GitRemoteProject.Resolve(folder.Path, session));
        Assert.Equal(GitLabErrorKind.InvalidRequest, e.Kind);
    }

    [SkippableTheory]
    [InlineData("https://oauth2:SECRET@other.example.com/group/app.git", "other.example.com")]
    [InlineData("https://oauth2:SECRET@gitlab.example.com/?SECRET", "not the URL of a GitLab project")]
    [InlineData("https://glpat-SECRET/group/app.git", "is on …")]
    public void A_credential_in_the_remote_is_not_repeated(string remote, string expected)
    {
        using var folder = new TemporaryFolder();
        Git(folder.Path, "init", "-q");
        Git(folder.Path, "remote", "add", "origin", remote);
        using GitLabSession session = TestClients.CreateSession(TestClients.Unreachable);
        GitLabApiException e = Assert.Throws<GitLabApiException>(() => GitRemoteProject.Resolve(folder.Path, session));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", e.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [SkippableFact]
    public void Without_a_remote_the_message_has_the_reason_of_git()
    {
        using var folder = new TemporaryFolder();
        Git(folder.Path, "init", "-q");
        using GitLabSession session = TestClients.CreateSession(TestClients.Unreachable);
        GitLabApiException e = Assert.Throws<GitLabApiException>(() => GitRemoteProject.Resolve(folder.Path, session));
        Assert.Contains("remote named origin (git: ", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<GitLabApiException>(
            () => GitRemoteProject.Resolve(System.IO.Path.Combine(folder.Path, "missing"), session));
        Assert.Contains("does not exist", e.Message, StringComparison.Ordinal);
    }

    private static void Git(string folder, params string[] arguments)
    {
        try
        {
            using Process git = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = folder })!;
            git.WaitForExit();
            Assert.Equal(0, git.ExitCode);
        }
        catch (Win32Exception)
        {
            throw new SkipException("git is not installed.");
        }
    }
}
