namespace XlLoraOnnx.Cli;

/// <summary>What <c>classify</c> and <c>answer</c> say when they are done.</summary>
internal static class PredictionReportView
{
    public static void Write(PredictionReport report)
    {
        Console.WriteLine($"{Quantities.Count(report.Rows)} rows → {report.Output}");
        if (report.Continued > 0)
            Console.WriteLine($"{Quantities.Count(report.Continued)} of them were there already");
        if (report.Translated > 0)
            Console.WriteLine($"{Quantities.Count(report.Translated)} were translated on the way");
        if (report.Truncated > 0)
            Console.WriteLine($"{Quantities.Count(report.Truncated)} were longer than the model reads and were cut (--max-length)");
        foreach (var kind in report.Skipped.GroupBy(s => s.Reason))
            Console.WriteLine($"{Quantities.Count(kind.Count())} rows of the input were left out: {kind.Key} (the first: {kind.First().Where})");
    }
}
