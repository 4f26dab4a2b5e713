using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using Xunit;

namespace GitLabAgents.Tests.Engines;

/// <summary>One run of tests/GitLabAgents.Mono, and what the fake GitLabs received from it.</summary>
public sealed class MonoRun : IAsyncLifetime
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(3);

    private string[] _lines = [];
    private string _output = string.Empty;

    /// <summary>Gets why mono cannot run the program, or <see langword="null"/> if it can.</summary>
    public static string? Missing { get; } = FindMissing();

    /// <summary>Gets the requests that the server over HTTP received.</summary>
    internal IReadOnlyList<RecordedRequest> Requests { get; private set; } = [];

    /// <summary>Gets the thumbprint of the client's certificate.</summary>
    internal string? ExpectedThumbprint { get; private set; }

    /// <summary>Gets that of the certificate that came with each request that requires one.</summary>
    internal IReadOnlyList<string?> Thumbprints { get; private set; } = [];

    public async Task InitializeAsync()
    {
        if (Missing is not null)
        {
            return;
        }

        using var folder = new TemporaryFolder();
        using var certificates = new MonoCertificates();
        await using FakeGitLabServer server = await TestClients.StartServerAsync();
        await using FakeGitLabServer tls = await TestClients.StartServerAsync(
            options => options.Certificate = certificates.Server);
        await using FakeGitLabServer mutual = await TestClients.StartServerAsync(options =>
        {
            options.Certificate = certificates.Server;
            options.RequireClientCertificate = true;
        });
        server.State.AddAgents("many/agents", 250);
        server.Faults.Add(Fault.RateLimited(1).On("GET", "/cluster_agents/15").Once());
        server.Faults.Add(Fault.Hang().On("GET", "/cluster_agents/16").Always());
        string authorityFile = Path.Combine(folder.Path, "authority.pem");
        await File.WriteAllTextAsync(authorityFile, certificates.Authority.ExportCertificatePem());
        string clientFile = Path.Combine(folder.Path, "client.pfx");
        await File.WriteAllBytesAsync(clientFile, certificates.Client);

        string bin = Repository.PathOf("module", "bin");
        await RunAsync(folder.Path, bin, Address(server), Address(tls), Address(mutual), authorityFile, clientFile);
        Requests = server.Requests;
        ExpectedThumbprint = certificates.ClientThumbprint;
        Thumbprints = [.. mutual.Requests.Select(static request => request.ClientCertificateThumbprint)];
    }

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>Asserts that a check ran and passed.</summary>
    internal void AssertPassed(string check)
    {
        string? line = _lines.FirstOrDefault(line => line == "PASS " + check || line.StartsWith(
            $"FAIL {check}:", StringComparison.Ordinal));
        Assert.True(line is not null, $"'{check}' did not run:{Environment.NewLine}{_output}");
        Assert.True(line.StartsWith("PASS ", StringComparison.Ordinal), line);
    }

    /// <summary>Gets the names of all checks that ran.</summary>
    internal IEnumerable<string> GetChecks()
        => _lines.Where(line => line != "DONE").Select(line => line[5..].Split(':')[0]);

    // By name, since certificates for IP addresses are another matter.
    private static string Address(FakeGitLabServer server)
        => server.Url.AbsoluteUri.TrimEnd('/').Replace("127.0.0.1", "localhost", StringComparison.Ordinal);

    private static string? FindMissing()
    {
        string? program = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(Path.PathSeparator)
            .Select(static folder => Path.Combine(folder, "mono"))
            .FirstOrDefault(File.Exists);
        if (program is null)
        {
            return "mono is not installed.";
        }

        string target = File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? program;
        string facade = Path.Combine(
            Path.GetDirectoryName(target)!, "..", "lib", "mono", "4.5", "Facades", "netstandard.dll");
        return File.Exists(facade) ? null : "mono is installed without netstandard.dll (Debian: mono-devel).";
    }

    private async Task RunAsync(string home, params string[] arguments)
    {
        string configuration = typeof(MonoRun).Assembly
            .GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        string program = Repository.PathOf(
            "tests", "GitLabAgents.Mono", "bin", configuration, "net472", "GitLabAgents.Mono.exe");
        var start = new ProcessStartInfo("mono", [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["HOME"] = home;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(Timeout);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }

        _output = await output + await error;
        _lines = (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
