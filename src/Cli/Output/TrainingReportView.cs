using System.Globalization;
using XlLoraOnnx.Training;

namespace XlLoraOnnx.Cli;

/// <summary>What <c>train</c> says when it is done.</summary>
internal static class TrainingReportView
{
    public static void Write(EncoderTrainingReport report) => Write(report, Rows(report.Rows), report.LastLoss,
        report is { FirstMlmLoss: { } first, LastMlmLoss: { } last } ? $", masked language model {Number(first)} → {Number(last)}" : "");

    public static void Write(AdapterTrainingReport report) => Write(report,
        $"{Quantities.Count(report.Parameters)} parameters in {Quantities.Count(report.Modules)} modules, {Rows(report.Examples)}",
        report.SmoothedLoss);

    public static void Write(FusionTrainingReport report) => Write(
        report, $"{Quantities.Count(report.Parameters)} parameters, {Rows(report.Rows)}", report.SmoothedLoss);

    public static string Score(DevScore score) => $"{score.Name} {Number(score.Value)}";

    /// <param name="what">Was trained, on how much.</param>
    /// <param name="loss">At the end.</param>
    private static void Write(TrainingReport report, string what, double loss, string otherLoss = "")
    {
        foreach (var notice in report.Notices)
            Console.Out.WriteLine($"notice: {notice}");
        Console.Out.WriteLine($"{what}, {Quantities.Count(report.Steps)} steps" + (report.StoppedEarly ? " (stopped early)" : "")
            + (report.WeightsOfStep != report.Steps ? $", the weights of step {Quantities.Count(report.WeightsOfStep)}" : "")
            + $": loss {Number(report.FirstLoss)} → {Number(loss)}{otherLoss} in {Quantities.Duration(report.Elapsed)} → {report.Folder}");
        foreach (var (before, after) in report.ScoresBefore.Zip(report.ScoresAfter))
            Console.Out.WriteLine($"{Score(before)} → {Number(after.Value)}");
    }

    private static string Rows(int rows) => $"{Quantities.Count(rows)} rows";

    private static string Number(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}
