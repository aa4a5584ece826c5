using System.Globalization;
using Spectre.Console;

namespace XlLoraOnnx.Cli;

/// <summary>Two evaluations side by side, and in words whether they differ.</summary>
internal static class ComparisonView
{
    public static void Write(ComparisonReport report, string? svg)
    {
        Console.Out.WriteLine($"A: {report.ModelA}");
        Console.Out.WriteLine($"B: {report.ModelB}");
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns("task", "subset", "score", "A", "B", "B − A", "95 % interval", "p", "verdict");
        foreach (var metric in report.Metrics)
        {
            table.AddRow(
                new Text(metric.TaskName), new Text(metric.Subset),
                new Text(metric.Metric + (metric.LowerIsBetter ? " (lower is better)" : "")),
                new Text(Number(metric.A)), new Text(Number(metric.B)), new Text(Signed(metric.Difference)),
                new Text(metric.Interval is { } i ? $"{Signed(i.Low)} to {Signed(i.High)}" : ""),
                new Text(metric.PValue.ToString("0.0000", CultureInfo.InvariantCulture)), new Text(metric.Verdict));
        }
        Consoles.Output.Write(table);
        foreach (var unmatched in report.Unmatched)
            Console.Out.WriteLine(unmatched);
        if (report.Metrics.Count > 1)
            Console.Out.WriteLine($"Of {report.Metrics.Count} comparisons of equal models, about one in twenty would look real by chance.");
        if (svg is not null)
            Console.Out.WriteLine($"picture in {svg}");
    }

    internal static string Number(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);

    internal static string Signed(double value) => value.ToString("+0.0000;-0.0000;0.0000", CultureInfo.InvariantCulture);
}
