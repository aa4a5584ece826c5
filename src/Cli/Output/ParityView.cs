using XlLoraOnnx.Runtime;

namespace XlLoraOnnx.Cli;

/// <summary>The parity report: a line for each tensor as it is compared, then the verdict.</summary>
internal sealed class ParityView : IProgress<TensorParity>
{
    public void Report(TensorParity value)
    {
        var verdict = value.Passed ? "ok" : "DIFFERENT";
        var found = value.MaxAbsDiff is { } difference
            ? $"max abs diff {Quantities.Difference(difference)}   {Quantities.Count(value.Compared)} values"
            : $"{value.Equal} of {value.Compared} tokens equal";
        Console.Out.WriteLine($"{value.Name,-28} {verdict,-9} {found}");
    }

    public static void WriteVerdict(ParityReport report) => Console.Out.WriteLine(
        $"{(report.Passed ? "PASSED" : "FAILED")}: max abs diff {Quantities.Difference(report.MaxAbsDiff)} " +
        $"(tolerance {Quantities.Difference(report.Tolerance)}), greedy {report.GreedyEqual} of {report.GreedyCompared} tokens equal");

    public static void WriteJson(ParityReport report) => JsonOutput.Write(report);
}
