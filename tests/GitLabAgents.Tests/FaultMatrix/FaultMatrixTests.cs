using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace GitLabAgents.Tests.FaultMatrix;

/// <summary>Runs every operation under every fault, and keeps docs/fault-matrix.md in step with the result.</summary>
public sealed class FaultMatrixTests(FaultMatrixTests.Fixture matrix) : IClassFixture<FaultMatrixTests.Fixture>
{
    private const string UpdateVariable = "GITLABAGENTS_UPDATE_DOCS";

    // GET once, GET persistent, POST once, POST persistent, DELETE once, DELETE persistent: the error or "done", the
    // number of attempts, and how often the server performed the operation.
    private static readonly Dictionary<string, string> Expected = new()
    {
        ["429, wait given in seconds"] =
            "done 2 0 | RateLimited 3 0 | "
            + "done 2 1 | RateLimited 3 0 | "
            + "done 2 1 | RateLimited 3 0",
        ["429, wait given as a date"] =
            "done 2 0 | RateLimited 3 0 | "
            + "done 2 1 | RateLimited 3 0 | "
            + "done 2 1 | RateLimited 3 0",
        ["429, no wait given"] =
            "done 2 0 | RateLimited 3 0 | "
            + "done 2 1 | RateLimited 3 0 | "
            + "done 2 1 | RateLimited 3 0",
        ["500"] =
            "ServerError 1 0 | ServerError 1 0 | "
            + "ServerError 1 0 | ServerError 1 0 | "
            + "ServerError 1 0 | ServerError 1 0",
        ["502 with a proxy's HTML"] =
            "done 2 0 | ServerError 3 0 | "
            + "OutcomeUnknown 1 0 | OutcomeUnknown 1 0 | "
            + "done 2 1 | ServerError 3 0",
        ["503 with a proxy's HTML"] =
            "done 2 0 | ServerError 3 0 | "
            + "OutcomeUnknown 1 0 | OutcomeUnknown 1 0 | "
            + "done 2 1 | ServerError 3 0",
        ["503 of GitLab's maintenance mode"] =
            "done 2 0 | ServerError 3 0 | "
            + "ServerError 1 0 | ServerError 1 0 | "
            + "done 2 1 | ServerError 3 0",
        ["504"] =
            "done 2 0 | ServerError 3 0 | "
            + "OutcomeUnknown 1 0 | OutcomeUnknown 1 0 | "
            + "done 2 1 | ServerError 3 0",
        ["502 after GitLab acted"] =
            "done 2 0 | ServerError 3 0 | "
            + "OutcomeUnknown 1 1 | OutcomeUnknown 1 1 | "
            + "done 2 1 | ServerError 3 1",
        ["connection reset before GitLab acted"] =
            "done 2 0 | ConnectionFailed 3 0 | "
            + "OutcomeUnknown 1 0 | OutcomeUnknown 1 0 | "
            + "done 2 1 | ConnectionFailed 3 0",
        ["connection reset after GitLab acted"] =
            "done 2 0 | ConnectionFailed 3 0 | "
            + "OutcomeUnknown 1 1 | OutcomeUnknown 1 1 | "
            + "done 2 1 | ConnectionFailed 3 1",
        ["connection reset within the response"] =
            "done 2 0 | ConnectionFailed 3 0 | "
            + "OutcomeUnknown 1 1 | OutcomeUnknown 1 1 | "
            + "done 1 1 | done 1 1",
        ["response truncated"] =
            "done 2 0 | ConnectionFailed 3 0 | "
            + "OutcomeUnknown 1 1 | OutcomeUnknown 1 1 | "
            + "done 1 1 | done 1 1",
        ["response with incomplete JSON"] =
            "InvalidResponse 1 0 | InvalidResponse 1 0 | "
            + "InvalidResponse 1 1 | InvalidResponse 1 1 | "
            + "InvalidResponse 1 1 | InvalidResponse 1 1",
        ["page of something else, with 200"] =
            "InvalidResponse 1 0 | InvalidResponse 1 0 | "
            + "InvalidResponse 1 0 | InvalidResponse 1 0 | "
            + "InvalidResponse 1 0 | InvalidResponse 1 0",
        ["page of something else, with 403"] =
            "InvalidResponse 1 0 | InvalidResponse 1 0 | "
            + "InvalidResponse 1 0 | InvalidResponse 1 0 | "
            + "InvalidResponse 1 0 | InvalidResponse 1 0",
        ["page of something else, with 404"] =
            "InvalidResponse 1 0 | InvalidResponse 1 0 | "
            + "InvalidResponse 1 0 | InvalidResponse 1 0 | "
            + "InvalidResponse 1 0 | InvalidResponse 1 0",
        ["JSON that is not GitLab's, with 200"] =
            "InvalidResponse 1 0 | InvalidResponse 1 0 | "
            + "InvalidResponse 1 0 | InvalidResponse 1 0 | "
            + "InvalidResponse 1 0 | InvalidResponse 1 0",
        ["JSON that is not GitLab's, with 404"] =
            "InvalidResponse 1 0 | InvalidResponse 1 0 | "
            + "InvalidResponse 1 0 | InvalidResponse 1 0 | "
            + "InvalidResponse 1 0 | InvalidResponse 1 0",
        ["no response"] =
            "Timeout 1 0 | Timeout 1 0 | "
            + "OutcomeUnknown 1 0 | OutcomeUnknown 1 0 | "
            + "Timeout 1 0 | Timeout 1 0",
        ["response slower than the timeout"] =
            "Timeout 1 0 | Timeout 1 0 | "
            + "OutcomeUnknown 1 1 | OutcomeUnknown 1 1 | "
            + "done 1 1 | done 1 1",
        ["redirect to another host"] =
            "InvalidResponse 1 0 | InvalidResponse 1 0 | "
            + "InvalidResponse 1 0 | InvalidResponse 1 0 | "
            + "InvalidResponse 1 0 | InvalidResponse 1 0",
        ["connection refused"] =
            "- | ConnectionFailed 3 0 | "
            + "- | ConnectionFailed 3 0 | "
            + "- | ConnectionFailed 3 0",
    };

    public static TheoryData<string, string, bool> Cells()
    {
        var cells = new TheoryData<string, string, bool>();
        foreach (MatrixCell cell in MatrixCell.All)
        {
            cells.Add(cell.Operation.Name, cell.Fault.Name, cell.IsPersistent);
        }

        return cells;
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void Each_operation_handles_each_fault_as_specified(string operation, string fault, bool isPersistent)
    {
        MatrixCell cell = MatrixCell.All.Single(
            cell => (cell.Operation.Name, cell.Fault.Name, cell.IsPersistent) == (operation, fault, isPersistent));
        int column = (cell.Operation.Method switch { "GET" => 0, "POST" => 2, _ => 4 }) + (isPersistent ? 1 : 0);

        MatrixOutcome outcome = matrix.Outcomes[cell];

        Assert.Equal(
            Expected[fault].Split(" | ")[column],
            $"{outcome.Error?.ToString() ?? "done"} {outcome.Attempts} {outcome.Effects}");
        Assert.Equal(cell.Fault.Create is null ? 0 : outcome.Attempts, outcome.Requests);
    }

    [Fact]
    public async Task The_document_shows_the_outcomes()
    {
        string path = Repository.PathOf("docs", "fault-matrix.md");
        string page = MatrixDocument.Write(matrix.Outcomes);
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            await File.WriteAllTextAsync(path, page);
        }

        string committed = (await File.ReadAllTextAsync(path)).ReplaceLineEndings("\n");
        Assert.True(
            string.Equals(page, committed, StringComparison.Ordinal),
            $"docs/fault-matrix.md is out of date. Set {UpdateVariable}=1 and run this test to update it.");
    }

    public sealed class Fixture : IAsyncLifetime
    {
        internal IReadOnlyDictionary<MatrixCell, MatrixOutcome> Outcomes { get; private set; } = null!;

        public async Task InitializeAsync() => Outcomes = await MatrixRun.RunAllAsync();

        public Task DisposeAsync() => Task.CompletedTask;
    }
}
