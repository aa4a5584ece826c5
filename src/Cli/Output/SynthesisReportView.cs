using System.Globalization;
using Spectre.Console;

namespace XlLoraOnnx.Cli;

/// <summary>What <c>synthesize</c> shows at the end: some triplets, then the summary.</summary>
internal static class SynthesisReportView
{
    /// <summary>Where shards were opened again.</summary>
    public const string MadeAgain =
        "answers of finished rows were lost where they are kept, or came late to be seen: they were made again";

    private const int LabelWidth = 28;

    public static void Write(SynthesisReport report)
    {
        var console = Consoles.Output;
        if (report.Examples.Count > 0)
        {
            var table = new Table().Border(TableBorder.Simple).AddColumns("row", "sent0", "sent1", "hard_neg");
            table.Columns[0].RightAligned();
            foreach (var row in report.Examples)
                table.AddRow(new Text(Number(row.RowId)), new Text(row.Sent0), new Text(row.Sent1 ?? ""), new Text(row.HardNeg ?? ""));
            console.Write(table);
        }
        Line("rows in", Quantities.Count(report.Rows));
        if (!report.IsComplete)
        {
            Line("rows of this process", Quantities.Count(report.OwnRows));
            Console.Out.WriteLine("other processes have the rest of the run; whoever ends last writes the outputs");
        }
        else
        {
            Line("triplets out", $"{Quantities.Count(report.Triplets)} in {report.Output}");
            Line("rejected", Quantities.Count(report.Rejected.Values.Sum()));
        }
        foreach (var (reason, count) in report.Rejected.OrderBy(r => r.Key))
            Line($"  {RejectionReasons.Name(reason)}", Quantities.Count(count));
        foreach (var row in report.RejectedRows)
            Console.Out.WriteLine($"  row {Number(row.RowId)}: {row.Rejected!.Detail}");
        if (report.Reopened > 0)
            Console.Out.WriteLine(MadeAgain);
        if (report.Quarantined > 0)
            Console.Out.WriteLine($"the generator failed on {Quantities.Count(report.Quarantined)} rows for good: see rejected.jsonl, and "
                + "xllora-onnx retry RUN --only failed");
        if (report.IsComplete)
        {
            Line("report", $"{Path.Combine(report.Folder, "report.html")}; receipts and data card beside it");
            // one pattern for journal/ and leases/, which nobody else needs: older versions of hf take the last --exclude alone
            Line("to share it", $"hf upload USER/NAME {Quoted(report.Folder)} --repo-type dataset --exclude \"*/*\"");
            Line("", "then load_dataset(\"USER/NAME\") reads the triplets, as the card (README.md) says");
        }
        if (report.Truth is { Total.Count: > 0 } truth)
            WriteTruth(truth);
        if (report.OwnRows > 0)
            WriteMeasures(report);
    }

    private static void WriteMeasures(SynthesisReport report)
    {
        var rowsPerSecond = report.OwnRows / Math.Max((report.Elapsed - report.WritingTime).TotalSeconds, 1e-6);
        Line("time", $"{Quantities.Duration(report.Elapsed)}, {Quantities.Rate(rowsPerSecond)} rows/s");
        var statistics = report.Statistics;
        Line("tokens/s", $"{Quantities.Rate(report.TokensPerSecond)} generated ({Quantities.Count(statistics.GeneratedTokens)} tokens in " +
            $"{Quantities.Count(statistics.Batches)} batches, {Quantities.Count(statistics.AdapterSwitches)} adapter switches in "
            + $"{statistics.AdapterSwitchTime.TotalSeconds:0.0} s)");
        Line("engine", $"{EngineOptions.Name(report.Engine.Engine)}: {report.Engine.Reason}");
        foreach (var plan in report.MemoryPlans)
            Line("memory", $"{Quantities.Bytes(plan.ExpectedBytes)} planned on {plan.Device} beside the weights, at most "
                + $"{Quantities.Bytes(plan.TotalBytes)}: {Quantities.Count(plan.Slots)} rows of "
                + $"{Quantities.Count(plan.Capacity)} positions");
        Line("useful tokens", $"{Quantities.Percent(statistics.UsefulTokenShare)} of " +
            $"{Quantities.Count(statistics.PaddedPromptTokens)} in prefill (the rest is padding)");
        if (statistics.SharedPromptTokens > 0)
            Line("shared tokens", $"{Quantities.Count(statistics.SharedPromptTokens)} of them were not computed again: "
                + "other rows begin with them too");
        if (statistics.ProposedTokens > 0)
            Line("looked-up tokens", $"{Quantities.Percent(statistics.AcceptedTokenShare)} of "
                + $"{Quantities.Count(statistics.ProposedTokens)} were chosen, a step less each");
    }

    private static void WriteTruth(GroundTruthReport truth)
    {
        var (count, raw) = (Quantities.Count(truth.Total.Count), Quantities.Count(truth.Raw.Count));
        Line("entailments", $"{Quantities.Percent(truth.Total.EntailmentShare)} of {count} positives follow from their anchor; before the "
            + $"filters {Quantities.Percent(truth.Raw.EntailmentShare)} of {raw}");
        Line("contradictions", $"{Quantities.Percent(truth.Total.ContradictionShare)} of {count} hard negatives contradict it; before the "
            + $"filters {Quantities.Percent(truth.Raw.ContradictionShare)} of {raw}");
    }

    private static void Line(string label, string value) => Console.Out.WriteLine($"{label.PadRight(LabelWidth)}{value}");

    private static string Quoted(string path) => path.Contains(' ', StringComparison.Ordinal) ? $"\"{path}\"" : path;

    private static string Number(long row) => row.ToString(CultureInfo.InvariantCulture);
}
