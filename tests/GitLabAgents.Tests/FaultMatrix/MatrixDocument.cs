using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace GitLabAgents.FaultMatrix;

/// <summary>Writes the matrix for people.</summary>
internal static class MatrixDocument
{
    private const string Intro = """
        # What happens when something goes wrong

        This page is written by `tools/FaultMatrix` from a run of every operation against a server that fails in every way
        below, and a test compares the two. Write it anew with:

        ```
        dotnet run --project tools/FaultMatrix
        ```

        - **Reading** is tried again when GitLab asks to wait (429), when a proxy stands in for it (502, 503, 504) and when the
          connection fails. You see an error only when that goes on.
        - **Removing and revoking** is tried again likewise. Where the first try did it and only its answer was lost, the second
          finds nothing, and that counts as done. An error can be about something that is gone (●); to do it again does no harm.
        - **Making** something is tried again only where GitLab certainly did nothing: after a 429, and where no connection came
          about. Where the answer was lost you get `OutcomeUnknown`, and where it cannot be read `InvalidResponse`: both name
          what to look for. So you never get a second agent or token that you did not ask for.
        - **Something other than GitLab** that answers (a proxy, a gateway, a sign-in page) proves nothing, whatever its status:
          you get `InvalidResponse`. Nothing counts as missing, forbidden or removed because of it.
        - **A time-out** is not tried again: `-TimeoutSec` is how long you are willing to wait.
        - **A redirect to another host** is never followed, and your access token is not sent there.
        - Where one of several tokens cannot be read, the others come all the same, and the error is about that one.
        - **A rotation** is made of these. Another test ends it at each of its requests, under each fault, by a stop and by the
          death of its process: the token in use is never revoked before another is seen in use, no token is left that nobody
          was told of, and to run it again ends well.
        - **The query for connections** goes as a POST, but only reads, and is tried again as reading is.

        In the tables, *once* is a fault that passes, and *goes on* one that does not (here each request is tried three times; the
        default is five). `done` is the object or the silent success that you asked for; everything else is the id of the error.
        The number is how often it was tried. ● means that the server did what it was asked although an error is reported.

        """;

    /// <summary>Writes the whole page.</summary>
    public static string Write(IReadOnlyDictionary<(MatrixOperation Operation, MatrixFault Fault, bool Stays), MatrixOutcome> run)
    {
        var page = new StringBuilder(Intro.ReplaceLineEndings("\n"));
        foreach ((string title, string method) in ((string, string)[])[("Reading", "GET"), ("Making", "POST"), ("Removing and revoking", "DELETE")])
        {
            MatrixOperation[] operations = [.. MatrixOperation.All.Where(operation => operation.Method == method)];
            page.Append("\n## ").Append(title).Append("\n\n");
            foreach (MatrixOperation operation in operations)
            {
                page.Append("- ").Append(operation.Name).Append(": `").Append(operation.Command).Append("`\n");
            }

            page.Append("\n| What goes wrong | once | goes on |\n|---|---|---|\n");
            foreach (MatrixFault fault in MatrixFault.All)
            {
                page.Append("| ").Append(fault.Name).Append(" | ")
                    .Append(Cell(run, operations, fault, stays: false)).Append(" | ")
                    .Append(Cell(run, operations, fault, stays: true)).Append(" |\n");
            }
        }

        return page.ToString();
    }

    // Where all operations of a kind agree, once; else each way with its operations.
    private static string Cell(
        IReadOnlyDictionary<(MatrixOperation Operation, MatrixFault Fault, bool Stays), MatrixOutcome> run,
        MatrixOperation[] operations,
        MatrixFault fault,
        bool stays)
    {
        if (!stays && fault.Make is null)
        {
            return string.Empty;
        }

        IGrouping<string, MatrixOperation>[] ways = [.. operations.GroupBy(operation => Text(run[(operation, fault, stays)]))];
        return ways.Length == 1
            ? ways[0].Key
            : string.Join("; ", ways.Select(way => way.Key + " (" + string.Join(", ", way.Select(operation => operation.Name)) + ")"));
    }

    private static string Text(MatrixOutcome outcome)
    {
        string result = outcome.Error is { } kind ? $"`{kind}`" : "done";
        return $"{result} {outcome.Tries}{(outcome is { Error: not null, Effect: > 0 } ? " ●" : string.Empty)}";
    }
}
