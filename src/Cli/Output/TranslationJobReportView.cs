using System.Globalization;
using Spectre.Console;

namespace XlLoraOnnx.Cli;

/// <summary>What <c>translate</c> shows at the end: some translations, then the summary.</summary>
internal static class TranslationJobReportView
{
    private const int LabelWidth = 28;

    /// <returns>The exit code that says the same.</returns>
    public static int Write(TranslationJobReport report)
    {
        if (report.Examples.Count > 0)
        {
            var table = new Table().Border(TableBorder.Simple).AddColumns("row", "text", "language", "translation");
            table.Columns[0].RightAligned();
            foreach (var row in report.Examples)
                table.AddRow(new Text(Number(row.Row)), new Text(row.Text), new Text(row.TargetLanguage), new Text(row.Translation ?? ""));
            Consoles.Output.Write(table);
        }
        Line("texts in", Quantities.Count(report.Texts));
        if (!report.IsComplete)
        {
            Line("translations of this process", Quantities.Count(report.OwnTranslations));
            Console.Out.WriteLine("other processes have the rest of the run; whoever ends last writes the outputs");
        }
        else
        {
            var rejected = report.Rejected.Values.Sum();
            Line("translations", $"{Quantities.Count(report.Translations - rejected)} in {report.Output}");
            Line("rejected", rejected == 0 ? "0" : $"{Quantities.Count(rejected)}: see {Path.Combine(report.Folder, "rejected.jsonl")}");
        }
        foreach (var (reason, count) in report.Rejected.OrderBy(r => r.Key))
            Line($"  {RejectionReasons.Name(reason)}", Quantities.Count(count));
        foreach (var row in report.RejectedRows)
            Console.Out.WriteLine($"  row {Number(row.Row)}: {row.Error}");
        if (report.Reopened > 0)
            Console.Out.WriteLine(SynthesisReportView.MadeAgain);
        var failed = report.Rejected.GetValueOrDefault(RejectionReason.Failed);
        if (failed > 0)
            Console.Out.WriteLine($"the generator failed on {Quantities.Count(failed)} translations for good: "
                + "xllora-onnx retry RUN --only failed tries them again");
        if (report.OwnTranslations > 0)
            WriteMeasures(report);
        return failed > 0 ? ExitCodes.PartlyFailed : ExitCodes.Succeeded;
    }

    private static void WriteMeasures(TranslationJobReport report)
    {
        var rate = report.OwnTranslations / Math.Max(report.Elapsed.TotalSeconds, 1e-6);
        Line("time", $"{Quantities.Duration(report.Elapsed)}, {Quantities.Rate(rate)} translations/s");
        Line("tokens/s", $"{Quantities.Rate(report.TokensPerSecond)} generated ("
            + $"{Quantities.Count(report.Statistics.GeneratedTokens)} tokens, "
            + $"{Quantities.Count(report.Statistics.AdapterSwitches)} adapter switches)");
        Line("engine", $"{EngineOptions.Name(report.Engine.Engine)}: {report.Engine.Reason}");
    }

    private static void Line(string label, string value) => Console.Out.WriteLine($"{label.PadRight(LabelWidth)} {value}");

    private static string Number(long row) => row.ToString(CultureInfo.InvariantCulture);
}
