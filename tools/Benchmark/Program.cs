using System;
using System.Collections.Generic;
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

        BenchmarkResult result = options.From is { } file ? BenchmarkResult.Load(file) : Measure(options);
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

    private static BenchmarkResult Measure(Options options)
    {
        if (BuildOutput.Configuration != "Release")
        {
            Console.WriteLine("Warning: this is a Debug build. Use --configuration Release for meaningful numbers.");
        }

        using var folder = new TemporaryFolder();
        PowerShell? shell = PowerShell.Find(folder);
        if (shell is null)
        {
            Console.WriteLine("Warning: pwsh is not on PATH. The rows that need PowerShell are skipped.");
        }

        using FakeGitLab server = FakeGitLab.Start();
        var context = new BenchmarkContext(server, shell, folder);
        Console.WriteLine("Seeding the server.");
        List<Panel> panels =
        [
            .. Sections
                .Where(section => options.Includes(section.Letter))
                .SelectMany(section => section.CreatePanels(context))
                .Where(static panel => panel.Rows.Count > 0),
        ];
        context.WarmUpServer();
        Console.WriteLine($"{panels.Count} panels, {options.Runs} runs of each row.");
        IReadOnlyList<MachineFact> machine = MachineInfo.Describe(shell);
        BenchmarkResult result = new Runner(server, options.Runs).Run(panels) with { Machine = machine };
        result.Save(Repository.PathOf("artifacts", "benchmarks.json"));
        return result;
    }
}
