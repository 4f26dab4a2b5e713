using System;
using System.Linq;
using Xunit;

namespace GitLabAgents.Tests.Engines;

/// <summary>
/// The files that Windows PowerShell loads, with the assemblies of .NET Framework as mono has them. The program in
/// tests/GitLabAgents.Mono runs the checks; here is one row for each.
/// </summary>
public sealed class MonoTests(MonoRun run) : IClassFixture<MonoRun>
{
    private static readonly string[] Names =
    [
        "connect",
        "list",
        "page",
        "create and revoke",
        "errors",
        "Retry-After",
        "timeout",
        "stop",
        "GraphQL",
        "encoded slashes",
        "no encoded slashes",
        "unknown authority",
        "authority of the user",
        "no certificate check",
        "client certificate",
        "TLS 1.2",
        "resolver",
        "types",
    ];

    public static TheoryData<string> Checks => [.. Names];

    [SkippableTheory]
    [MemberData(nameof(Checks))]
    public void Mono_passes(string check)
    {
        Skip.If(MonoRun.Missing is not null, MonoRun.Missing);
        run.AssertPassed(check);
    }

    [SkippableFact]
    public void Every_check_has_a_row()
    {
        Skip.If(MonoRun.Missing is not null, MonoRun.Missing);
        Assert.Equal(Names, run.GetChecks());
    }

    [SkippableFact]
    public void Encoded_slashes_reach_the_server()
    {
        Skip.If(MonoRun.Missing is not null, MonoRun.Missing);
        string[] targets = [.. run.Requests.Select(static request => request.RawTarget)];
        Assert.Contains("/api/v4/projects/platform%2Finfra/cluster_agents/14", targets);
        Assert.Contains("/api/v4/projects/%C3%9Cn%C3%AFcode%2FPr%C3%B6jekt/cluster_agents", string.Join(' ', targets));
        // Where they would not, the ID takes the place of the path.
        Assert.Contains("/api/v4/projects/103/cluster_agents/13", targets);
        Assert.DoesNotContain(targets, static target => target.Contains("platform/infra/", StringComparison.Ordinal));
    }

    [SkippableFact]
    public void The_server_sees_the_client_certificate()
    {
        Skip.If(MonoRun.Missing is not null, MonoRun.Missing);
        Assert.NotEmpty(run.Thumbprints);
        Assert.All(run.Thumbprints, thumbprint => Assert.Equal(run.ExpectedThumbprint, thumbprint));
    }

    [SkippableFact]
    public void A_rate_limited_request_is_sent_twice()
    {
        Skip.If(MonoRun.Missing is not null, MonoRun.Missing);
        Assert.Equal(
            [429, 200],
            run.Requests
                .Where(static request => request.RawTarget.EndsWith("/cluster_agents/15", StringComparison.Ordinal))
                .Select(static request => request.StatusCode));
    }
}
