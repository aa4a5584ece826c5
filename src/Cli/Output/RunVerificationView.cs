using System.Globalization;

namespace XlLoraOnnx.Cli;

/// <summary>What <c>verify</c> shows of a run folder.</summary>
internal static class RunVerificationView
{
    /// <param name="sample">Such as <c>1%</c> or <c>0.01</c>; null to generate nothing.</param>
    /// <param name="load">Loads the job of the run; asked for only if something is generated.</param>
    public static async Task<int> RunAsync(
        string folder, string? sample, bool asJson, Func<string, Task<LoadedJob>> load, CancellationToken cancellationToken)
    {
        double? share = sample is null ? null : ParseShare(sample);
        var checks = RunVerifier.Verify(folder, cancellationToken);
        var sound = checks.All(c => c.Passed);
        RunSampleReport? again = null;
        if (sound && share is { } part)
        {
            using var loaded = await load(folder).ConfigureAwait(false);
            again = await SynthesisJob.CompareSampleAsync(loaded.Model, loaded.Job, part, cancellationToken).ConfigureAwait(false);
        }
        if (asJson)
            JsonOutput.Write(new { checks, sample = again });
        else
            Write(checks, again);
        return sound && (again is null || again.Equal == again.Answers) ? ExitCodes.Succeeded : ExitCodes.Failed;
    }

    private static void Write(IReadOnlyList<RunCheck> checks, RunSampleReport? sample)
    {
        foreach (var check in checks)
            Console.Out.WriteLine($"{(check.Passed ? "ok    " : "FAILED")} {check.Name,-16} {check.Detail}");
        if (sample is null)
            return;
        var verdict = sample.Equal == sample.Answers ? "ok    " : "FAILED";
        var (equal, all) = (Quantities.Count(sample.Equal), Quantities.Count(sample.Answers));
        Console.Out.WriteLine($"{verdict} {"sample",-16} {equal} of {all} answers came "
            + "out the same");
        foreach (var circumstance in sample.Circumstances)
            Console.Out.WriteLine($"       {"not as it was",-16} {circumstance}");
        foreach (var difference in sample.Differences)
            Console.Out.WriteLine($"       {difference.Id}: recorded \"{difference.Recorded}\", now \"{difference.Now}\"");
    }

    private static double ParseShare(string text)
    {
        var isPercent = text.EndsWith('%');
        var number = isPercent ? text[..^1] : text;
        return double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value > 0
            && value <= (isPercent ? 100 : 1)
            ? isPercent ? value / 100 : value
            : throw new ArgumentException($"--sample is \"{text}\"; give a share such as 1% or 0.01, above 0, up to 100%.");
    }
}
