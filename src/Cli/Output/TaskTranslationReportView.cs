namespace XlLoraOnnx.Cli;

/// <summary>What <c>translate --task</c> shows at the end: the run of translations, then the table.</summary>
internal static class TaskTranslationReportView
{
    /// <returns>The exit code that says the same.</returns>
    public static int Write(TaskTranslationReport report)
    {
        var exitCode = TranslationJobReportView.Write(report.Translation);
        foreach (var skipped in report.Skipped.GroupBy(s => s.Reason))
            Console.Out.WriteLine(
                $"{Quantities.Count(skipped.Count())} rows left out: {skipped.Key}, the first being {skipped.First().Where}");
        if (!report.Translation.IsComplete)
            return exitCode;
        Console.Out.WriteLine($"{Quantities.Count(report.Rows)} rows in {report.Output}");
        if (report.Missing > 0)
            Console.Out.WriteLine($"{Quantities.Count(report.Missing)} rows left out: a translation is missing");
        foreach (var (outcome, count) in report.Answers)
            Console.Out.WriteLine($"{Quantities.Count(count)} answers {Words(outcome)}");
        return exitCode;
    }

    private static string Words(QuotedSpanOutcome outcome) => outcome switch
    {
        QuotedSpanOutcome.Found => "found in the translations",
        QuotedSpanOutcome.NoQuotes => "lost: the translation has no quotes",
        QuotedSpanOutcome.OneQuote => "lost: the translation has one quote of two",
        QuotedSpanOutcome.Empty => "lost: there is nothing between the quotes",
        QuotedSpanOutcome.NotInContext => "lost: the context says it in other words",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "There is no such outcome."),
    };
}
