using System;
using System.Collections.Generic;
using System.Globalization;

namespace GitLabAgents.Benchmark;

/// <summary>What the command line asks for.</summary>
internal sealed record Options(int Runs, IReadOnlySet<string> Only, string? Output, string? From)
{
    public const string Usage = """
        GitLabAgents.Benchmark [--quick | --runs N] [--only a,b] [--output FOLDER] [--from artifacts/benchmarks.json]
          --quick    three runs of each row in place of seven
          --only     some of the sections: a import, b list, c details, d group, e first object, f memory, g growth
          --output   where benchmarks.md and benchmarks.svg go; docs/ by default, after a whole run
          --from     measures nothing: writes the report of an earlier run again
        """;

    private const int UsualRuns = 7;
    private const int QuickRuns = 3;

    public bool Takes(string section) => Only.Count == 0 || Only.Contains(section);

    public static Options Parse(string[] arguments)
    {
        int runs = UsualRuns;
        var only = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        string? output = null;
        string? from = null;
        for (int index = 0; index < arguments.Length; index++)
        {
            string Value() => ++index < arguments.Length ? arguments[index] : throw new FormatException($"{arguments[^1]} needs a value.");
            switch (arguments[index])
            {
                case "--quick":
                    runs = QuickRuns;
                    break;
                case "--runs":
                    runs = int.TryParse(Value(), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
                        ? number
                        : throw new FormatException("--runs needs a number.");
                    break;
                case "--only":
                    only.UnionWith(Value().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
                    break;
                case "--output":
                    output = Value();
                    break;
                case "--from":
                    from = Value();
                    break;
                default:
                    throw new FormatException($"Unknown argument '{arguments[index]}'.");
            }
        }

        bool whole = only.Count == 0 && runs >= UsualRuns;
        return new Options(runs, only, output ?? (whole ? Repository.Find("docs") : null), from);
    }
}
