using System.Globalization;
using System.Text.Json;

namespace XlLoraOnnx.Synthesis;

/// <summary>Rows of a task with their translations: <c>FIELD</c>, <c>FIELD_translated</c>, and of answers the same.</summary>
internal static class TaskTable
{
    private const string Translated = "_translated", Answers = "answers";

    /// <param name="translations">Of all texts, in their order.</param>
    /// <param name="language">Of the target side, where it is the translations.</param>
    /// <param name="from">Of rows that do not say it, where the target side is theirs.</param>
    /// <returns>How many rows there are, how many are left out, and what became of answers.</returns>
    public static (long Written, long Missing, IReadOnlyDictionary<QuotedSpanOutcome, long> Answers) Write(
        string path, TaskExampleSet set, IReadOnlyList<string?> translations, string? language, string from)
    {
        var fields = set.Task.Fields();
        var isQa = set.Task == TextTask.TyDiQa;
        var outcomes = new SortedDictionary<QuotedSpanOutcome, long>();
        long written = 0;
        string[] columns =
        [
            "id", .. fields, isQa ? Answers : "label", .. fields.Select(f => f + Translated),
            .. isQa ? [Answers + Translated] : (string[])[], "language",
        ];
        using var file = new TripletFile(path, TripletFormats.Of(path)!.Value, columns);
        foreach (var (i, example) in set.Examples.Index())
        {
            string?[] texts = [.. Enumerable.Range(i * fields.Count, fields.Count).Select(t => translations[t])];
            if (texts.Any(string.IsNullOrWhiteSpace))
                continue;
            string[] ofAnswers = [];
            if (isQa)
            {
                var span = TaskTexts.HasAnswer(example) ? QuotedSpan.Find(texts[^1]!) : null;
                if (span is not null)
                    outcomes[span.Outcome] = outcomes.GetValueOrDefault(span.Outcome) + 1;
                texts[^1] = span?.Context ?? texts[^1];
                ofAnswers = [Json(texts[^1]!, span?.Answer is { } found ? [found] : [])];
            }
            var gold = isQa ? Json(example.Texts[^1], example.Answers) : example.Label?.ToString(CultureInfo.InvariantCulture) ?? "";
            file.Write([example.Id, .. example.Texts, gold, .. texts!, .. ofAnswers, language ?? example.Language ?? from]);
            written++;
        }
        file.Close();
        file.File.Publish();
        return (written, set.Examples.Count - written, outcomes);
    }

    /// <summary>As the hub has answers, with starts in characters; an answer that was lost has a start of -1, as FLARE writes it.</summary>
    private static string Json(string context, IReadOnlyList<TaskAnswer> answers)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, OutputLines.JsonFormat))
        {
            json.WriteStartObject();
            json.WriteStartArray("text");
            foreach (var answer in answers.Count > 0 ? answers : [new TaskAnswer("", -1)])
                json.WriteStringValue(answer.Text);
            json.WriteEndArray();
            json.WriteStartArray("answer_start");
            foreach (var answer in answers.Count > 0 ? answers : [new TaskAnswer("", -1)])
                json.WriteNumberValue(answer.StartIn(context));
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(bytes.ToArray());
    }
}
