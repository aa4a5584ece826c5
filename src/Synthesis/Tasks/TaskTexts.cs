using System.Text.Json;

namespace XlLoraOnnx.Synthesis;

/// <summary>The texts of a task's rows as a file, field after field of row after row.</summary>
internal static class TaskTexts
{
    /// <summary>Writes the file, unless it is there with the same texts: several processes may begin at a time.</summary>
    public static void Write(string path, TaskExampleSet set)
    {
        using var bytes = new MemoryStream();
        foreach (var text in set.Examples.SelectMany(e => Of(set.Task, e)))
        {
            using (var json = new Utf8JsonWriter(bytes, OutputLines.JsonFormat))
            {
                json.WriteStartObject();
                json.WriteString("text", text);
                json.WriteEndObject();
            }
            bytes.WriteByte((byte)'\n');
        }
        var content = bytes.GetBuffer().AsSpan(0, (int)bytes.Length);
        if (!(RunFiles.TryRead(path) is { } there && content.SequenceEqual(there)))
            RunFiles.Replace(path, content, durable: true);
    }

    /// <summary>What is translated: of a context with a right answer, the first of them is in quotes; and for each other answer the context
    /// once more.</summary>
    public static IReadOnlyList<string> Of(TextTask task, TaskExample example)
    {
        if (task != TextTask.TyDiQa || !HasAnswer(example))
            return example.Texts;
        var context = example.Texts[^1];
        return [.. example.Texts.SkipLast(1), .. example.Answers.Where(a => a.Start >= 0).DistinctBy(a => a.Text)
            .Select(answer => QuotedSpan.Mark(context, answer))];
    }

    public static bool HasAnswer(TaskExample example) => example.Answers.Any(a => a.Start >= 0);

    /// <summary>Translations in the order of the texts, null where one is missing.</summary>
    public static async Task<IReadOnlyList<string?>> ReadAsync(string path, string language, CancellationToken cancellationToken)
    {
        var translations = new List<string?>();
        await foreach (var line in JsonRows.ReadAsync(path, cancellationToken).ConfigureAwait(false))
            translations.Add(line.Element.GetProperty(language).GetString());
        return translations;
    }
}
