using System.Globalization;
using XlLoraOnnx.Training;

namespace XlLoraOnnx.Cli;

/// <summary>What <c>train encoder</c> says when it is done.</summary>
internal static class EncoderTrainingView
{
    public static void Write(EncoderTrainingReport report)
    {
        foreach (var notice in report.Notices)
            Console.Out.WriteLine($"notice: {notice}");
        Console.Out.WriteLine($"{Quantities.Count(report.Rows)} rows, {Quantities.Count(report.Steps)} steps"
            + (report.StoppedEarly ? " (stopped early)" : "")
            + (report.WeightsOfStep != report.Steps ? $", the weights of step {Quantities.Count(report.WeightsOfStep)}" : "")
            + string.Create(CultureInfo.InvariantCulture, $": loss {report.FirstLoss:0.0000} → {report.LastLoss:0.0000}")
            + (report is { FirstMlmLoss: { } first, LastMlmLoss: { } last }
                ? string.Create(CultureInfo.InvariantCulture, $", masked language model {first:0.0000} → {last:0.0000}") : "")
            + $" in {Quantities.Duration(report.Elapsed)} → {report.Folder}");
        foreach (var (before, after) in report.ScoresBefore.Zip(report.ScoresAfter))
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Score(before)} → {after.Value:0.0000}"));
    }

    public static string Score(DevScore score) => string.Create(CultureInfo.InvariantCulture, $"{score.Name} {score.Value:0.0000}");
}
