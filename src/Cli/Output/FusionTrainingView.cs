using System.Globalization;
using XlLoraOnnx.Training;

namespace XlLoraOnnx.Cli;

/// <summary>What <c>train fusion</c> says when it is done.</summary>
internal static class FusionTrainingView
{
    public static void Write(FusionTrainingReport report)
    {
        foreach (var notice in report.Notices)
            Console.Out.WriteLine($"notice: {notice}");
        Console.Out.WriteLine($"{Quantities.Count(report.Parameters)} parameters, {Quantities.Count(report.Rows)} rows, "
            + $"{Quantities.Count(report.Steps)} steps" + (report.StoppedEarly ? " (stopped early)" : "")
            + (report.WeightsOfStep != report.Steps ? $", the weights of step {Quantities.Count(report.WeightsOfStep)}" : "")
            + string.Create(CultureInfo.InvariantCulture, $": loss {report.FirstLoss:0.0000} → {report.SmoothedLoss:0.0000}")
            + $" in {Quantities.Duration(report.Elapsed)} → {report.Folder}");
        foreach (var (before, after) in report.ScoresBefore.Zip(report.ScoresAfter))
            Console.Out.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"{EncoderTrainingView.Score(before)} → {after.Value:0.0000}"));
    }
}
