using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using GitLabAgents.Benchmark.Panels;
using GitLabAgents.Benchmark.Report;

namespace GitLabAgents.Benchmark;

/// <summary>Measures the module beside what it is compared with, in one run, and writes what came out.</summary>
internal static class Program
{
    private static readonly (string Letter, Func<Bench, IEnumerable<Panel>> Make)[] Sections =
    [
        ("a", ImportPanels.Make),
        ("b", ListPanels.Make),
        ("c", DetailPanels.Make),
        ("d", GroupPanels.Make),
        ("e", FirstObjectPanels.Make),
        ("f", MemoryPanels.Make),
        ("g", GrowthPanels.Make),
    ];

    private static int Main(string[] arguments)
    {
        if (arguments is ["measure", .. var rest])
        {
            return ConsoleCases.Run(rest); // A process of its own, started by a panel.
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

        RunResult result = options.From is { } file ? RunResult.Load(file) : Measure(options);
        Console.WriteLine();
        Console.WriteLine(Markdown.Targets(result));
        if (options.Output is { } folder)
        {
            Directory.CreateDirectory(folder);
            bool plotted = Plot.TryWrite(result, Path.Combine(folder, "benchmarks.svg"));
            string page = Path.Combine(folder, "benchmarks.md");
            File.WriteAllText(page, Markdown.Page(result, plotted));
            Console.WriteLine($"Written to {page}{(plotted ? string.Empty : ", without a plot: gnuplot is not on PATH")}.");
        }
        else
        {
            Console.WriteLine("Nothing is written to docs/, since this was not a whole run; --output FOLDER writes it elsewhere.");
        }

        return 0;
    }

    private static RunResult Measure(Options options)
    {
        if (Repository.Configuration != "Release")
        {
            Console.WriteLine("This is a Debug build: its numbers mean nothing. Use -c Release.");
        }

        using var work = new WorkFolder();
        PowerShell? shell = PowerShell.Find(work);
        if (shell is null)
        {
            Console.WriteLine("There is no pwsh on PATH: the rows that need PowerShell are left out.");
        }

        using FakeGitLab server = FakeGitLab.Start();
        var bench = new Bench(server, shell, work);
        Console.WriteLine("Filling the server.");
        List<Panel> panels = [.. Sections.Where(s => options.Takes(s.Letter)).SelectMany(s => s.Make(bench)).Where(static panel => panel.Rows.Count > 0)];
        bench.WarmUp();
        Console.WriteLine($"{panels.Count} panels, {options.Runs} runs of each row.");
        IReadOnlyList<MachineFact> machine = Machine.Describe(shell);
        RunResult result = new Runner(server, options.Runs).Run(panels) with { Machine = machine };
        result.Save(Repository.Find("artifacts", "benchmarks.json"));
        return result;
    }
}
