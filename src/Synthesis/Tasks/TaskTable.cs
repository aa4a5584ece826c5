using System.Globalization;

namespace XlLoraOnnx.Synthesis;

/// <summary>Rows of a task with their translations: <c>FIELD</c>, <c>FIELD_translated</c>, and of answers the same.</summary>
internal static class TaskTable
{
    private const string Translated = "_translated";

    /// <param name="translations">Of all texts, in their order.</param>
    /// <param name="language">Of the target side, where it is the translations.</param>
    /// <param name="from">Of rows that do not say it, where the target side is theirs.</param>
    /// <returns>How many rows there are, how many are left out, and what became of answers.</returns>
    public static (long Written, long Missing, IReadOnlyDictionary<QuotedSpanOutcome, long> Answers) Write(
        string path, TaskExampleSet set, IReadOnlyList<string?> translations, string? language, string from)
    {
        var (fields, isQa) = (set.Task.Fields(), set.Task == TextTask.TyDiQa);
        var outcomes = new SortedDictionary<QuotedSpanOutcome, long>();
        var (written, next) = (0L, 0);
        string[] ofAnswers = isQa ? [AnswerCells.Column, AnswerCells.Column + Translated] : [];
        string[] columns =
        [
            "id", .. fields, isQa ? AnswerCells.Column : "label", .. fields.Select(f => f + Translated), .. ofAnswers.Skip(1), "language",
        ];
        using var file = new TripletFile(path, TripletFormats.Of(path)!.Value, columns, ofAnswers);
        foreach (var example in set.Examples)
        {
            var count = TaskTexts.Of(set.Task, example).Count;
            string?[] texts = [.. Enumerable.Range(next, count).Select(t => translations[t])];
            next += count;
            if (texts.Take(fields.Count).Any(string.IsNullOrWhiteSpace))
                continue;
            var gold = isQa ? AnswerCells.OrLost(example.Texts[^1], example.Answers)
                : example.Label?.ToString(CultureInfo.InvariantCulture) ?? "";
            string[] found = isQa ? [Carry(example, texts, fields.Count, outcomes)] : [];
            file.Write([example.Id, .. example.Texts, gold, .. texts.Take(fields.Count)!, .. found, language ?? example.Language ?? from]);
            written++;
        }
        file.Close();
        file.File.Publish();
        return (written, set.Examples.Count - written, outcomes);
    }

    /// <summary>The answers in the context that is kept, which loses its quotes.</summary>
    /// <param name="texts">Translations of the fields, and of the context for each answer but the first.</param>
    private static string Carry(
        TaskExample example, string?[] texts, int fields, SortedDictionary<QuotedSpanOutcome, long> outcomes)
    {
        var found = new List<TaskAnswer>();
        if (TaskTexts.HasAnswer(example))
        {
            var first = QuotedSpan.Find(texts[fields - 1]!);
            texts[fields - 1] = first.Context;
            Count(first.Answer, first.Outcome);
        }
        var context = texts[fields - 1]!;
        foreach (var other in texts.Skip(fields))
        {
            var span = QuotedSpan.Find(other ?? "");
            var place = span.Answer is { } answer ? context.IndexOf(answer.Text, StringComparison.Ordinal) : -1;
            Count(place < 0 ? null : span.Answer! with { Start = place },
                span.Answer is not null && place < 0 ? QuotedSpanOutcome.NotInContext : span.Outcome);
        }
        return AnswerCells.OrLost(context, [.. found.Distinct()]);

        void Count(TaskAnswer? answer, QuotedSpanOutcome outcome)
        {
            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
            if (answer is not null)
                found.Add(answer);
        }
    }
}
