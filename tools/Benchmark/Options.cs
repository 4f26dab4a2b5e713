using System;
using System.Collections.Generic;
using System.Globalization;

namespace GitLabAgents.Benchmark;

/// <summary>The options of the command line.</summary>
/// <param name="Runs">The number of runs of each row.</param>
/// <param name="Sections">The sections to measure; all if empty.</param>
/// <param name="Output">The folder for the report, or <see langword="null"/> for none.</param>
/// <param name="From">A file with the result of an earlier run, or <see langword="null"/> to measure.</param>
internal sealed record Options(int Runs, IReadOnlySet<string> Sections, string? Output, string? From)
{
    public const string Usage = """
        GitLabAgents.Benchmark [--quick | --runs N] [--only a,b] [--output FOLDER] [--from artifacts/benchmarks.json]
          --quick    three runs of each row instead of seven
          --only     some sections: a import, b list, c token details, d group and inventory, e first object,
                     f memory, g growth
          --output   where to write benchmarks.md and benchmarks.png; the default is docs/, after a complete run
          --from     measure nothing, and write the report of an earlier run
        """;

    private const int DefaultRuns = 7;
    private const int QuickRuns = 3;

    public bool Includes(string section) => Sections.Count == 0 || Sections.Contains(section);

    public static Options Parse(string[] arguments)
    {
        int runs = DefaultRuns;
        var sections = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        string? output = null;
        string? from = null;
        for (int i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "--quick":
                    runs = QuickRuns;
                    break;
                case "--runs":
                    runs = ParseRuns(GetValue());
                    break;
                case "--only":
                    sections.UnionWith(GetValue().Split(',', StringSplitOptions.TrimEntries));
                    break;
                case "--output":
                    output = GetValue();
                    break;
                case "--from":
                    from = GetValue();
                    break;
                default:
                    throw new FormatException($"Unknown argument '{arguments[i]}'.");
            }

            string GetValue()
                => ++i < arguments.Length ? arguments[i] : throw new FormatException($"{arguments[^1]} needs a value.");
        }

        bool isComplete = sections.Count == 0 && runs >= DefaultRuns;
        return new Options(runs, sections, output ?? (isComplete ? Repository.PathOf("docs") : null), from);
    }

    private static int ParseRuns(string text)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int runs) && runs > 0
            ? runs
            : throw new FormatException("--runs needs a positive number.");
}
