
namespace XlLoraOnnx.Cli;

/// <summary>What <c>embed</c> says when it is done: on standard output, or on standard error where that holds the vectors.</summary>
internal static class EmbeddingReportView
{
    public static void Write(EmbeddingReport report)
    {
        var writer = report.Output is null ? Console.Error : Console.Out;
        var statistics = report.Statistics;
        var rate = statistics.Texts / Math.Max(report.Elapsed.TotalSeconds, 1e-6);
        writer.WriteLine(
            $"{Quantities.Count(report.Texts)} texts to vectors of {report.Dimension} in {Quantities.Duration(report.Elapsed)} " +
            $"({Quantities.Rate(rate)} texts/s, {Quantities.Percent(statistics.UsefulTokenShare)} useful tokens)" +
            (report.Output is null ? "" : $" → {report.Output}"));
        if (report.Prompt.Length > 0)
            writer.WriteLine($"\"{report.Prompt}\" stands before each");
        if (report.Continued > 0)
            writer.WriteLine($"{Quantities.Count(report.Continued)} of them were there already");
        if (statistics.CachedTexts > 0)
            writer.WriteLine($"{Quantities.Count(statistics.CachedTexts)} came from the cache");
        if (statistics.TruncatedTexts > 0)
            writer.WriteLine($"{Quantities.Count(statistics.TruncatedTexts)} were longer than the model reads and were cut");
        if (report.EmptyTexts > 0)
            writer.WriteLine($"{Quantities.Count(report.EmptyTexts)} are empty");
    }
}
