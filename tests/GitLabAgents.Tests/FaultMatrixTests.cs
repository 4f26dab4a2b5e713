using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using GitLabAgents.FaultMatrix;
using Xunit;

namespace GitLabAgents.Tests;

/// <summary>Every operation under every fault. What is expected is written down by the rules of the contract.</summary>
public sealed class FaultMatrixTests(FaultMatrixTests.Run run) : IClassFixture<FaultMatrixTests.Run>
{
    // GET once, GET going on, POST once, POST going on, DELETE once, DELETE going on: the error or "done", the tries, and
    // how often the server acted.
    private static readonly Dictionary<string, string> Rules = new()
    {
        ["429, wait given in seconds"] = "done 2 0 | RateLimited 3 0 | done 2 1 | RateLimited 3 0 | done 2 1 | RateLimited 3 0",
        ["429, wait given as a date"] = "done 2 0 | RateLimited 3 0 | done 2 1 | RateLimited 3 0 | done 2 1 | RateLimited 3 0",
        ["429, no wait given"] = "done 2 0 | RateLimited 3 0 | done 2 1 | RateLimited 3 0 | done 2 1 | RateLimited 3 0",
        ["500"] = "ServerError 1 0 | ServerError 1 0 | ServerError 1 0 | ServerError 1 0 | ServerError 1 0 | ServerError 1 0",
        ["502, a proxy's HTML"] = "done 2 0 | ServerError 3 0 | OutcomeUnknown 1 0 | OutcomeUnknown 1 0 | done 2 1 | ServerError 3 0",
        ["503, a proxy's HTML"] = "done 2 0 | ServerError 3 0 | OutcomeUnknown 1 0 | OutcomeUnknown 1 0 | done 2 1 | ServerError 3 0",
        ["503, GitLab's maintenance mode"] = "done 2 0 | ServerError 3 0 | ServerError 1 0 | ServerError 1 0 | done 2 1 | ServerError 3 0",
        ["504"] = "done 2 0 | ServerError 3 0 | OutcomeUnknown 1 0 | OutcomeUnknown 1 0 | done 2 1 | ServerError 3 0",
        ["502 after GitLab acted"] = "done 2 0 | ServerError 3 0 | OutcomeUnknown 1 1 | OutcomeUnknown 1 1 | done 2 1 | ServerError 3 1",
        ["connection reset before GitLab acted"] = "done 2 0 | ConnectionFailed 3 0 | OutcomeUnknown 1 0 | OutcomeUnknown 1 0 | done 2 1 | ConnectionFailed 3 0",
        ["connection reset after GitLab acted"] = "done 2 0 | ConnectionFailed 3 0 | OutcomeUnknown 1 1 | OutcomeUnknown 1 1 | done 2 1 | ConnectionFailed 3 1",
        ["connection reset amid the answer"] = "done 2 0 | ConnectionFailed 3 0 | OutcomeUnknown 1 1 | OutcomeUnknown 1 1 | done 1 1 | done 1 1",
        ["answer ends early"] = "done 2 0 | ConnectionFailed 3 0 | OutcomeUnknown 1 1 | OutcomeUnknown 1 1 | done 1 1 | done 1 1",
        ["answer is half of its JSON"] = "InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 1 | InvalidResponse 1 1 | InvalidResponse 1 1 | InvalidResponse 1 1",
        ["a page of something else, with 200"] = "InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0",
        ["a page of something else, with 403"] = "InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0",
        ["a page of something else, with 404"] = "InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0",
        ["JSON that is not GitLab's, with 200"] = "InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0",
        ["JSON that is not GitLab's, with 404"] = "InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0",
        ["no answer at all"] = "Timeout 1 0 | Timeout 1 0 | OutcomeUnknown 1 0 | OutcomeUnknown 1 0 | Timeout 1 0 | Timeout 1 0",
        ["answer slower than the time-out"] = "Timeout 1 0 | Timeout 1 0 | OutcomeUnknown 1 1 | OutcomeUnknown 1 1 | done 1 1 | done 1 1",
        ["redirect to another host"] = "InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0 | InvalidResponse 1 0",
        ["connection refused"] = "- | ConnectionFailed 3 0 | - | ConnectionFailed 3 0 | - | ConnectionFailed 3 0",
    };

    public static TheoryData<string, string, bool> Cells()
    {
        var cells = new TheoryData<string, string, bool>();
        foreach (MatrixOperation operation in MatrixOperation.All)
        {
            foreach (MatrixFault fault in MatrixFault.All)
            {
                cells.Add(operation.Name, fault.Name, true);
                if (fault.Make is not null)
                {
                    cells.Add(operation.Name, fault.Name, false);
                }
            }
        }

        return cells;
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void Each_operation_takes_each_fault_by_the_rules(string operationName, string faultName, bool goesOn)
    {
        MatrixOperation operation = MatrixOperation.All.Single(operation => operation.Name == operationName);
        MatrixFault fault = MatrixFault.All.Single(fault => fault.Name == faultName);
        int column = (operation.Method switch { "GET" => 0, "POST" => 2, _ => 4 }) + (goesOn ? 1 : 0);
        string expected = Rules[faultName].Split(" | ")[column];

        MatrixOutcome outcome = run.Outcomes[(operation, fault, goesOn)];

        Assert.Equal(expected, $"{outcome.Error?.ToString() ?? "done"} {outcome.Tries} {outcome.Effect}");
        Assert.Equal(fault.Make is null ? 0 : outcome.Tries, outcome.Requests);
    }

    [Fact]
    public void The_document_is_what_the_run_gave()
    {
        string page = MatrixDocument.Write(run.Outcomes);
        string committed = File.ReadAllText(Repository.PathOf("docs", "fault-matrix.md")).ReplaceLineEndings("\n");
        Assert.True(
            string.Equals(page, committed, StringComparison.Ordinal),
            "docs/fault-matrix.md is not what the operations do. Write it anew with: dotnet run --project tools/FaultMatrix");
    }

    public sealed class Run : IAsyncLifetime
    {
        internal IReadOnlyDictionary<(MatrixOperation Operation, MatrixFault Fault, bool Stays), MatrixOutcome> Outcomes { get; private set; } = null!;

        public async Task InitializeAsync() => Outcomes = await MatrixRun.AllAsync();

        public Task DisposeAsync() => Task.CompletedTask;
    }
}
