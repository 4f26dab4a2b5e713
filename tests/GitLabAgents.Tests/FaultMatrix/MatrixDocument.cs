using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace GitLabAgents.Tests.FaultMatrix;

/// <summary>Writes the matrix as a page for users.</summary>
internal static class MatrixDocument
{
    private const string Intro = """
    # What happens when something goes wrong

    A test runs every operation against a server with each of the faults below, and compares the outcomes with
    this page. To update the page, run that test with `GITLABAGENTS_UPDATE_DOCS=1`:

    ```sh
    GITLABAGENTS_UPDATE_DOCS=1 dotnet test --filter FaultMatrix
    ```

    - **Reading** is retried when GitLab asks the client to wait (429), when a proxy answers in GitLab's place (502,
      503, 504) and when the connection fails. You see an error only if the fault persists.
    - **Removing and revoking** is retried in the same way. If the first attempt succeeded and only its response was
      lost, the retry finds nothing, and that counts as success. An error can concern something that is already
      gone (●); repeating the command does no harm.
    - **Creating** something is retried only if GitLab certainly did not act: after a 429, and if no connection was
      made. If the response is lost, the error is `OutcomeUnknown`; if it cannot be read, the error is
      `InvalidResponse`. Both name what to look for. You never get a second agent or token that you did not ask for.
    - **A response of something other than GitLab** (a proxy, a gateway, a sign-in page) proves nothing, whatever its
      status: the error is `InvalidResponse`. Nothing counts as missing, forbidden or removed because of it.
    - **A timeout** is not retried: `-TimeoutSec` is how long you are willing to wait.
    - **A redirect to another host** is never followed, and your access token is not sent there.
    - If one of several tokens cannot be read, the others are returned and the error concerns that token only.
    - **A rotation** consists of these operations. Another test interrupts it at each of its requests, with each
      fault, by Ctrl+C and by the death of its process: the token in use is never revoked before another one was
      seen in use, every token that is left is reported, and running the rotation again completes it.
    - **The query for connections** is a POST that only reads, and is retried like reading.

    In the tables, *once* is a fault of a single request, and *persistent* a fault of every request. Each request is
    attempted up to three times here; the default is five. `done` means that the operation succeeded; anything else
    is the error ID. The number counts the attempts. ● means that the server performed the operation although an
    error is reported.

    """;

    private static readonly (string Title, string Method)[] Sections =
    [
        ("Reading", "GET"),
        ("Creating", "POST"),
        ("Removing and revoking", "DELETE"),
    ];

    /// <summary>Writes the page.</summary>
    public static string Write(IReadOnlyDictionary<MatrixCell, MatrixOutcome> outcomes)
    {
        var page = new StringBuilder(Intro.ReplaceLineEndings("\n"));
        foreach ((string title, string method) in Sections)
        {
            MatrixOperation[] operations = [.. MatrixOperation.All.Where(operation => operation.Method == method)];
            page.Append("\n## ").Append(title).Append("\n\n");
            foreach (MatrixOperation operation in operations)
            {
                page.Append("- ").Append(operation.Name).Append(": `").Append(operation.Command).Append("`\n");
            }

            page.Append("\n| Fault | Once | Persistent |\n|---|---|---|\n");
            foreach (MatrixFault fault in MatrixFault.All)
            {
                page.Append("| ").Append(fault.Name).Append(" | ")
                    .Append(FormatCell(outcomes, operations, fault, isPersistent: false)).Append(" | ")
                    .Append(FormatCell(outcomes, operations, fault, isPersistent: true)).Append(" |\n");
            }
        }

        return page.ToString();
    }

    // Shows one outcome if all operations have the same, and otherwise each outcome with its operations.
    private static string FormatCell(
        IReadOnlyDictionary<MatrixCell, MatrixOutcome> outcomes,
        MatrixOperation[] operations,
        MatrixFault fault,
        bool isPersistent)
    {
        if (!isPersistent && fault.Create is null)
        {
            return string.Empty;
        }

        IGrouping<string, string>[] groups =
        [
            .. operations.GroupBy(
                operation => FormatOutcome(outcomes[new MatrixCell(operation, fault, isPersistent)]),
                static operation => operation.Name),
        ];
        return groups is [var single]
            ? single.Key
            : string.Join("; ", groups.Select(static group => $"{group.Key} ({string.Join(", ", group)})"));
    }

    private static string FormatOutcome(MatrixOutcome outcome)
    {
        string result = outcome.Error is { } kind ? $"`{kind}`" : "done";
        string effect = outcome is { Error: not null, Effects: > 0 } ? " ●" : string.Empty;
        return $"{result} {outcome.Attempts}{effect}";
    }
}
