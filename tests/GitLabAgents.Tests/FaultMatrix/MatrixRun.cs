using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Security;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using GitLabAgents.Tests;
using GitLabAgents.Transport;

namespace GitLabAgents.FaultMatrix;

/// <summary>What became of an operation under a fault.</summary>
/// <param name="Error">The kind of the error, or <see langword="null"/> where it succeeded.</param>
/// <param name="Tries">How often it was tried.</param>
/// <param name="Requests">How many of its requests reached the server.</param>
/// <param name="Effect">How often the server did it.</param>
internal sealed record MatrixOutcome(GitLabErrorKind? Error, int Tries, int Requests, int Effect);

/// <summary>Runs every operation under every fault, each against a server of its own.</summary>
internal static class MatrixRun
{
    /// <summary>How often a request is tried again.</summary>
    public const int Retries = 2;

    private const int AtOnce = 8;

    /// <summary>Runs all of it.</summary>
    public static async Task<IReadOnlyDictionary<(MatrixOperation Operation, MatrixFault Fault, bool Stays), MatrixOutcome>> AllAsync()
    {
        var cells =
            from operation in MatrixOperation.All
            from fault in MatrixFault.All
            from stays in (bool[])[false, true]
            where stays || fault.Make is not null
            select (operation, fault, stays);
        using var places = new SemaphoreSlim(AtOnce);
        return (await Task.WhenAll(cells.Select(async cell =>
        {
            await places.WaitAsync();
            try
            {
                return (cell, outcome: await RunAsync(cell.operation, cell.fault, cell.stays));
            }
            finally
            {
                places.Release();
            }
        }))).ToDictionary(pair => pair.cell, pair => pair.outcome);
    }

    private static async Task<MatrixOutcome> RunAsync(MatrixOperation operation, MatrixFault fault, bool stays)
    {
        await using FakeGitLabServer server = await FakeGitLabServer.StartAsync(new FakeGitLabOptions { Populate = Seed.Demo });
        var observer = new RetryCounter();
        var options = new TransportOptions { MaximumRetryCount = Retries, NoProxy = true };
        options.Timeout = fault.Timeout ?? options.Timeout;
        SetClock(options, new ImmediateClock());
        using GitLabSession session = await GitLabClient.ConnectAsync(server.Url, Token(), TokenType.PrivateToken, options, validate: false);
        if (fault.Make is null)
        {
            await server.DisposeAsync();
        }
        else
        {
            Fault made = fault.Make(operation.Method).On(operation.Method).Matching(operation.Path);
            server.Faults.Add(stays ? made.Always() : made.Once());
        }

        GitLabErrorKind? error;
        try
        {
            error = (await operation.Act(new GitLabClient(session, observer)))?.Kind;
        }
        catch (GitLabApiException e)
        {
            error = e.Kind;
        }

        int requests = server.Requests.Count(request => request.Method == operation.Method && Regex.IsMatch(request.RawTarget, operation.Path));
        return new MatrixOutcome(error, observer.Waits + 1, requests, operation.Effect(server.State));
    }

    private static SecureString Token()
    {
        var token = new SecureString();
        foreach (char c in "glpat-maintainer")
        {
            token.AppendChar(c);
        }

        return token;
    }

    // The clock is not for users, and the tool is no test assembly.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_Clock")]
    private static extern void SetClock(TransportOptions options, TimeProvider clock);

    private sealed class RetryCounter : IGitLabObserver
    {
        private int _waits;

        public int Waits => _waits;

        public void OnVerbose(string message)
        {
        }

        public void OnRetry(TimeSpan delay, string reason) => Interlocked.Increment(ref _waits);

        public void OnProgress(int done, int? total, int found)
        {
        }
    }
}
