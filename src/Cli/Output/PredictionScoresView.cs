using System.Globalization;
using Spectre.Console;

namespace XlLoraOnnx.Cli;

/// <summary>Scores of predictions: a row for each language, system and score, and their means.</summary>
internal static class PredictionScoresView
{
    public static void Write(PredictionScoreReport report, IReadOnlyList<string>? written)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns("task", "split", "language", "examples", "system", "setting", "score", "value", "95 % interval");
        foreach (var column in new[] { 3, 7 })
            table.Columns[column].RightAligned();
        foreach (var result in report.Results)
        {
            foreach (var score in result.Metrics)
                table.AddRow(
                    new Text(result.TaskName), new Text(result.Split), new Text(result.Subset), new Text(Quantities.Count(result.Examples)),
                    new Text(result.System), new Text(result.Setting.Word()), new Text(score.Name), new Text(Number(score.Value)),
                    new Text(score.Interval is { } i ? $"{Number(i.Low)} to {Number(i.High)}" : ""));
        }
        foreach (var average in report.Averages)
        {
            foreach (var score in average.Metrics)
                table.AddRow(
                    new Text(average.TaskName), new Text(average.Split), new Text($"mean of {average.Subsets.Count}"), new Text(""),
                    new Text(average.System), new Text(""), new Text(score.Name), new Text(Number(score.Value)), new Text(""));
        }
        Consoles.Output.Write(table);
        foreach (var result in report.Results.Where(r => r.Findings.Count > 0))
            Console.Out.WriteLine($"{result.System}, {result.Subset}: {string.Join("; ", result.Findings)}");
        foreach (var folder in written ?? [])
            Console.Out.WriteLine($"results in {folder}");
    }

    public static void WriteJson(PredictionScoreReport report, IReadOnlyList<string>? written) =>
        JsonOutput.Write(new { report.Results, report.Averages, Folders = written });

    private static string Number(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}
