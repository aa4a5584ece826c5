using System.Globalization;
using Spectre.Console;

namespace XlLoraOnnx.Cli;

/// <summary>Scores of translations: a table, and below it what each score is, as it is to be quoted.</summary>
internal static class TranslationScoresView
{
    public static void Write(TranslationReport report, IReadOnlyList<string>? written)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns("task", "split", "pair", "segments", "system", "score", "value", "μ ± 95 %", "p");
        foreach (var column in new[] { 3, 6, 8 })
            table.Columns[column].RightAligned();
        foreach (var result in report.Results)
        {
            foreach (var score in result.Scores)
            {
                table.AddRow(
                    new Text(result.TaskName), new Text(result.Split), new Text(result.Subset), new Text(Quantities.Count(result.Segments)),
                    new Text(result.System), new Text(score.Name), new Text(Number(score.Value)), new Text(Interval(score)),
                    new Text(score.PValue?.ToString("0.0000", CultureInfo.InvariantCulture) ?? ""));
            }
        }
        Consoles.Output.Write(table);
        foreach (var result in report.Results.Where(r => r.Findings.Count > 0))
            Console.Out.WriteLine($"{result.System}, {result.Subset}: {string.Join("; ", result.Findings)}");
        foreach (var (name, signature) in report.Results.SelectMany(r => r.Scores).Select(s => (s.Name, s.Signature)).Distinct())
            Console.Out.WriteLine($"{name}|{signature}");
        foreach (var baseline in report.Results.Select(r => r.ComparedWith).OfType<string>().Distinct())
            Console.Out.WriteLine($"p: how probable a difference from {baseline} of this size is by chance (paired bootstrap)");
        foreach (var sentence in report.Skipped)
            Console.Out.WriteLine(sentence);
        if (report.Unreadable.Count > 0)
            Console.Out.WriteLine($"{Quantities.Count(report.Unreadable.Count)} could not be used:");
        foreach (var data in report.Unreadable)
            Console.Out.WriteLine($"  {data}");
        foreach (var folder in written ?? [])
            Console.Out.WriteLine($"results in {folder}");
    }

    public static void WriteJson(TranslationReport report, IReadOnlyList<string>? written) =>
        JsonOutput.Write(new { report.Results, report.Skipped, report.Unreadable, Folders = written });

    private static string Interval(TranslationScore score) => score is { Mean: { } mean, Interval: { } interval }
        ? $"{Number(mean)} ± {Number((interval.High - interval.Low) / 2)}"
        : "";

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
