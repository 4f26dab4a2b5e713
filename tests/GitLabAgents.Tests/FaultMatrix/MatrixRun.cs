using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Security;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using GitLabAgents.FakeGitLab;
using GitLabAgents.Transport;

namespace GitLabAgents.Tests.FaultMatrix;

/// <summary>A cell of the matrix: an operation under a fault.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Fault">The fault.</param>
/// <param name="IsPersistent">Whether every request has the fault, or only the first.</param>
internal sealed record MatrixCell(MatrixOperation Operation, MatrixFault Fault, bool IsPersistent)
{
    /// <summary>Gets the cells of the matrix.</summary>
    public static IReadOnlyList<MatrixCell> All { get; } =
    [
        .. from operation in MatrixOperation.All
           from fault in MatrixFault.All
           from isPersistent in (bool[])[false, true]
           where isPersistent || fault.Create is not null
           select new MatrixCell(operation, fault, isPersistent),
    ];
}

/// <summary>The outcome of an operation under a fault.</summary>
/// <param name="Error">The kind of the error, or <see langword="null"/> if the operation succeeded.</param>
/// <param name="Attempts">How many times the request was attempted.</param>
/// <param name="Requests">How many of these attempts reached the server.</param>
/// <param name="Effects">How often the server performed the operation.</param>
internal sealed record MatrixOutcome(GitLabErrorKind? Error, int Attempts, int Requests, int Effects);

/// <summary>Runs every cell of the matrix, each against a server of its own.</summary>
internal static class MatrixRun
{
    private const int MaxRetries = 2;
    private const int MaxConcurrency = 8;

    /// <summary>Runs the whole matrix.</summary>
    public static async Task<IReadOnlyDictionary<MatrixCell, MatrixOutcome>> RunAllAsync()
    {
        var outcomes = new ConcurrentDictionary<MatrixCell, MatrixOutcome>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = MaxConcurrency };
        await Parallel.ForEachAsync(
            MatrixCell.All, options, async (cell, _) => outcomes[cell] = await RunAsync(cell));
        return outcomes;
    }

    private static async Task<MatrixOutcome> RunAsync(MatrixCell cell)
    {
        (MatrixOperation operation, MatrixFault fault, bool isPersistent) = cell;
        await using FakeGitLabServer server =
            await FakeGitLabServer.StartAsync(new FakeGitLabOptions { Populate = Seed.Demo });
        var options = new TransportOptions
        {
            MaximumRetryCount = MaxRetries,
            NoProxy = true,
            Clock = new ImmediateClock(),
        };
        options.Timeout = fault.Timeout ?? options.Timeout;
        using SecureString token = new NetworkCredential(string.Empty, "glpat-maintainer").SecurePassword;
        using var closed = new ClosedPort();
        using GitLabSession session = await GitLabClient.ConnectAsync(
            fault.Create is null ? closed.Url : server.Url, token, TokenType.PrivateToken, options, validate: false);
        var observer = new RetryCounter();
        if (fault.Create is not null)
        {
            Fault created = fault.Create(operation.Method).On(operation.Method).Matching(operation.Path);
            server.Faults.Add(isPersistent ? created.Always() : created.Once());
        }

        GitLabErrorKind? error;
        try
        {
            error = (await operation.Invoke(new GitLabClient(session, observer)))?.Kind;
        }
        catch (GitLabApiException e)
        {
            error = e.Kind;
        }

        int requests = server.Requests.Count(
            request => request.Method == operation.Method && Regex.IsMatch(request.RawTarget, operation.Path));
        return new MatrixOutcome(error, observer.Retries + 1, requests, operation.CountEffects(server.State));
    }

    private sealed class RetryCounter : IGitLabObserver
    {
        private int _retries;

        public int Retries => _retries;

        public void OnVerbose(string message)
        {
        }

        public void OnRetry(TimeSpan delay, string reason) => Interlocked.Increment(ref _retries);

        public void OnProgress(int done, int? total, int found)
        {
        }
    }
}
