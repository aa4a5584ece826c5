using System.Globalization;
using Spectre.Console;
using XlLoraOnnx.Runtime;

namespace XlLoraOnnx.Cli;

/// <summary>What <c>synthesize</c> shows at the end: some triplets, then the summary.</summary>
internal static class SynthesisReportView
{
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
        var statistics = report.Statistics;
        Line("rows in", Quantities.Count(report.Rows));
        Line("triplets out", $"{Quantities.Count(report.Triplets)} in {report.Output}");
        Line("rejected", Quantities.Count(report.Rows - report.Triplets));
        foreach (var (reason, count) in report.Rejected)
            Line($"  {Words(reason)}", Quantities.Count(count));
        foreach (var row in report.RejectedRows)
            Console.Out.WriteLine($"  row {Number(row.RowId)}: {row.Rejected!.Detail}");
        var rowsPerSecond = report.Rows / Math.Max(report.Elapsed.TotalSeconds, 1e-6);
        Line("time", $"{Quantities.Duration(report.Elapsed)}, {Quantities.Rate(rowsPerSecond)} rows/s");
        Line("tokens/s", $"{Quantities.Rate(report.TokensPerSecond)} generated ({Quantities.Count(statistics.GeneratedTokens)} tokens in " +
            $"{Quantities.Count(statistics.Batches)} batches, {Quantities.Count(statistics.AdapterSwitches)} adapter switches)");
        Line("engine", $"{EngineOptions.Name(report.Engine.Engine)}: {report.Engine.Reason}");
        foreach (var plan in report.MemoryPlans)
            Line("memory", $"{Quantities.Bytes(plan.ExpectedBytes)} planned on {plan.Device} beside the weights, at most "
                + $"{Quantities.Bytes(plan.TotalBytes)}: {Quantities.Count(plan.Slots)} rows of {Quantities.Count(plan.Capacity)} positions");
        Line("useful tokens", $"{Quantities.Percent(statistics.UsefulTokenShare)} of " +
            $"{Quantities.Count(statistics.PaddedPromptTokens)} in prefill (the rest is padding)");
        if (statistics.SharedPromptTokens > 0)
            Line("shared tokens", $"{Quantities.Count(statistics.SharedPromptTokens)} of them were not computed again: "
                + "other rows begin with them too");
        if (report.Truth is { Total.Count: > 0 } truth)
            WriteTruth(truth);
    }

    private static void WriteTruth(GroundTruthReport truth)
    {
        var count = Quantities.Count(truth.Total.Count);
        Line("entailments", $"{Quantities.Percent(truth.Total.EntailmentShare)} of {count} positives follow from their anchor");
        Line("contradictions", $"{Quantities.Percent(truth.Total.ContradictionShare)} of {count} hard negatives contradict it");
    }

    private static void Line(string label, string value) => Console.Out.WriteLine($"{label.PadRight(LabelWidth)}{value}");

    private static string Number(long row) => row.ToString(CultureInfo.InvariantCulture);

    /// <summary>PositiveEqualsNegative → positive equals negative.</summary>
    private static string Words(RejectionReason reason) => string.Concat(
        reason.ToString().Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : " ") + char.ToLowerInvariant(c) : c.ToString()));
}
