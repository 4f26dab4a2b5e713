using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using GitLabAgents.Benchmark.Panels;
using GitLabAgents.Benchmark.Report;

namespace GitLabAgents.Benchmark;

/// <summary>Measures the module beside its alternatives in one run, and writes a report.</summary>
internal static class Program
{
    private static readonly (string Letter, Func<BenchmarkContext, IEnumerable<Panel>> CreatePanels)[] Sections =
    [
        ("a", ImportPanels.Create),
        ("b", ListPanels.Create),
        ("c", TokenPanels.Create),
        ("d", GroupPanels.Create),
        ("e", FirstObjectPanels.Create),
        ("f", MemoryPanels.Create),
        ("g", GrowthPanels.Create),
    ];

    private static int Main(string[] arguments)
    {
        if (arguments is ["measure", .. var workload])
        {
            return ConsoleMeasurement.Run(workload);
        }

        Options options;
        try
        {
            options = Options.Parse(arguments);
        }
        catch (FormatException e)
        {
            Console.Error.WriteLine(e.Message + Environment.NewLine + Options.Usage);
            return 2;
        }

        BenchmarkResult result
            = options.From is { } file ? BenchmarkResult.Load(file) : Measure(options, GetCommand(arguments));
        Console.WriteLine();
        Console.WriteLine(MarkdownReport.FormatTargets(result));
        if (options.Output is { } folder)
        {
            Directory.CreateDirectory(folder);
            ChartWriter.Write(result, Path.Combine(folder, "benchmarks.png"));
            string page = Path.Combine(folder, "benchmarks.md");
            File.WriteAllText(page, MarkdownReport.Format(result));
            Console.WriteLine($"Wrote {page} and benchmarks.png.");
        }
        else
        {
            Console.WriteLine("Only a complete run updates docs/. Use --output FOLDER to write the report elsewhere.");
        }

        return 0;
    }

    // The report shows it: a page of three runs must not name the command of seven.
    private static string GetCommand(string[] arguments)
    {
        const string Command = "dotnet run --configuration Release --project tools/Benchmark";
        return arguments.Length == 0 ? Command : $"{Command} -- {string.Join(' ', arguments)}";
    }

    private static BenchmarkResult Measure(Options options, string command)
    {
        if (BuildOutput.Configuration != "Release")
        {
            Console.WriteLine("Warning: this is a Debug build. Use --configuration Release for meaningful numbers.");
        }

        using var folder = new TemporaryFolder();
        var shell = new PowerShell(folder);
        using FakeGitLab server = FakeGitLab.Start();
        var context = new BenchmarkContext(server, shell, folder);
        Console.WriteLine("Seeding the server.");
        List<Panel> panels =
        [
            .. Sections
                .Where(section => options.Includes(section.Letter))
                .SelectMany(section => section.CreatePanels(context)),
        ];
        context.WarmUpServer();
        Console.WriteLine($"{panels.Count} panels, {options.Runs} runs of each row.");
        IReadOnlyList<MachineFact> machine = MachineInfo.Describe(shell);
        var stopwatch = Stopwatch.StartNew();
        IReadOnlyList<PanelResult> results = new Runner(server, options.Runs).Run(panels);
        Console.WriteLine($"\nMeasured in {stopwatch.Elapsed.TotalMinutes:N1} minutes.");
        var result = new BenchmarkResult(command, machine, results, options.Runs, DateTime.UtcNow);
        result.Save(Repository.PathOf("artifacts", "benchmarks.json"));
        return result;
    }
}
