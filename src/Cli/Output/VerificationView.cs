using System.Globalization;

namespace XlLoraOnnx.Cli;

/// <summary>A line for each check and each compared tensor as it is done, then the verdict.</summary>
internal sealed class VerificationView : IProgress<FolderCheck>, IProgress<TensorParity>
{
    public void Report(FolderCheck value) => Line(value.Name, Word(value.Outcome), value.Detail);

    public void Report(TensorParity value) => Line(value.Name, value.Passed ? "ok" : "DIFFERENT", value.MaxAbsDiff is { } difference
        ? $"max abs diff {Quantities.Difference(difference)}   {Quantities.Count(value.Compared)} values" +
            (value.LeastCosine is { } cosine ? string.Create(CultureInfo.InvariantCulture, $"   least cosine {cosine:0.000000}") : "")
        : $"{value.Equal} of {value.Compared} tokens equal");

    public static void WriteVerdict(IReadOnlyList<FolderCheck> checks, ParityReport? parity)
    {
        var failed = checks.Count(c => c.Outcome == FolderCheckOutcome.Failed);
        var skipped = checks.Count(c => c.Outcome == FolderCheckOutcome.Skipped);
        Console.Out.WriteLine($"{(failed == 0 ? "PASSED" : "FAILED")}: {checks.Count - failed - skipped} of {checks.Count} checks" +
            (skipped > 0 ? $", {skipped} SKIPPED: not possible on this machine" : "") +
            (failed > 0 ? "; the folder is not what was exported, export it again" : ""));
        if (parity is not null)
            Console.Out.WriteLine($"{(parity.Passed ? "PASSED" : "FAILED")}: max abs diff {Quantities.Difference(parity.MaxAbsDiff)} " +
                $"(tolerance {Quantities.Difference(parity.Tolerance)})" +
                (parity.GreedyCompared > 0 ? $", greedy {parity.GreedyEqual} of {parity.GreedyCompared} tokens equal" : ""));
    }

    public static void WriteJson(IReadOnlyList<FolderCheck> checks, ParityReport? parity)
    {
        var passed = checks.All(c => c.Outcome != FolderCheckOutcome.Failed) && parity is not { Passed: false };
        if (parity is null)
            JsonOutput.Write(new { passed, checks });
        else
            JsonOutput.Write(new
            {
                passed,
                parity.MaxAbsDiff,
                parity.Tolerance,
                parity.GreedyCompared,
                parity.GreedyEqual,
                parity.Tensors,
                checks,
            });
    }

    private static void Line(string name, string verdict, string detail) => Console.Out.WriteLine($"{name,-36} {verdict,-9} {detail}");

    private static string Word(FolderCheckOutcome outcome) => outcome switch
    {
        FolderCheckOutcome.Passed => "ok",
        FolderCheckOutcome.Failed => "FAILED",
        _ => "SKIPPED",
    };
}
