using System.Globalization;
using Spectre.Console;

namespace XlLoraOnnx.Cli;

/// <summary>Scores with their intervals: a table of the main ones, or everything as JSON.</summary>
internal static class EvaluationView
{
    private static readonly Dictionary<EvaluationTask, string[]> Shown = new()
    {
        [EvaluationTask.Sts] = ["cosine_spearman", "cosine_pearson"],
        [EvaluationTask.Retrieval] = ["ndcg_at_10", "recall_at_10", "mrr_at_10", "map_at_100"],
        [EvaluationTask.Alignment] = ["alignment", "uniformity"],
    };

    public static void Write(EvaluationReport report, string? written)
    {
        Console.Out.WriteLine($"{report.ModelName}, revision {report.Revision}, {report.Dimension} dimensions");
        foreach (var result in report.Results)
        {
            Console.Out.WriteLine($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(result.Source))}: {result.Layout}, " +
                $"{Quantities.Count(result.Items)} {Items(result.Task)}, {Quantities.Duration(result.Elapsed)}");
            if (result.Prompts.Any(p => p.Prompt.Length > 0))
                Console.Out.WriteLine($"  prompts: {string.Join(", ", result.Prompts.Select(Prompt))}");
            foreach (var finding in result.Findings)
                Console.Out.WriteLine($"  {finding}");
        }
        foreach (var sentence in report.Skipped.Concat(report.Notices))
            Console.Out.WriteLine(sentence);
        var table = new Table().Border(TableBorder.Simple).AddColumns("task", "split", "subset", "score", "value", "95 % interval");
        table.Columns[4].RightAligned();
        foreach (var result in report.Results)
        {
            foreach (var name in Shown[result.Task])
            {
                var metric = result[name];
                table.AddRow(
                    new Text(result.TaskName), new Text(result.Split), new Text(result.Subset),
                    new Text(result.Task == EvaluationTask.Alignment ? $"{name} (lower is better)" : name), new Text(Number(metric.Value)),
                    new Text(metric.Interval is { } i ? $"{Number(i.Low)} to {Number(i.High)}" : ""));
            }
        }
        var tasks = report.Results.Where(r => r.Task != EvaluationTask.Alignment).GroupBy(r => (r.TaskName, r.Split));
        foreach (var task in tasks.Where(t => t.Count() > 1))
            table.AddRow(
                task.Key.TaskName, task.Key.Split, "mean", task.First().MainMetric, Number(task.Average(r => r.MainScore)), "");
        Consoles.Output.Write(table);
        if (report.Unreadable.Count > 0)
            Console.Out.WriteLine($"{Quantities.Count(report.Unreadable.Count)} could not be used:");
        foreach (var data in report.Unreadable)
            Console.Out.WriteLine($"  {data}");
        if (written is not null)
            Console.Out.WriteLine($"results in {written}");
    }

    public static void WriteJson(EvaluationReport report, string? written) => JsonOutput.Write(new
    {
        report.ModelName,
        report.Revision,
        report.Fingerprint,
        report.Dimension,
        report.Results,
        report.TaskMeans,
        report.Skipped,
        report.Unreadable,
        report.Notices,
        Folder = written,
    });

    private static string Items(EvaluationTask task) => task == EvaluationTask.Retrieval ? "queries" : "pairs";

    private static string Prompt(UsedPrompt prompt) => prompt.Prompt.Length == 0
        ? $"none before {prompt.Texts}"
        : $"\"{prompt.Prompt}\" before {prompt.Texts}{(prompt.Name is null ? "" : $" ({prompt.Name})")}";

    private static string Number(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}
