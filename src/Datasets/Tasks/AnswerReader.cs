using System.Text.Json;

namespace XlLoraOnnx.Datasets;

/// <summary>Answers of a row: <c>{text: [...], answer_start: [...]}</c> as the hub has them, or a list of <c>{text, answer_start}</c> as
/// SQuAD has them.</summary>
internal static class AnswerReader
{
    private const string Text = "text", Start = "answer_start";

    /// <param name="allowsMisplaced">An answer that is not where it is said to be has a start of -1.</param>
    /// <exception cref="InvalidDataException">They are something else, or do not stand in the context.</exception>
    public static IReadOnlyList<TaskAnswer> Read(TaskRow row, string column, string context, bool allowsMisplaced)
    {
        if (row.Json(column) is not { } value)
            return [];
        IEnumerable<(JsonElement Text, JsonElement? Start)> found = value.ValueKind switch
        {
            JsonValueKind.Object => OfLists(row, column, value),
            JsonValueKind.Array => value.EnumerateArray().Select(a => (Field(row, column, a, Text), Optional(a, Start))),
            var kind => throw new InvalidDataException(
                $"{row.Where}: \"{column}\" is a JSON {kind}; answers are {{\"text\": [\"…\"], \"answer_start\": [0]}}."),
        };
        var answers = new List<TaskAnswer>();
        foreach (var (element, place) in found)
        {
            var text = row.TextOf(element, $"{column}.{Text}") ?? "";
            var start = Number(row, column, place);
            // what FLARE's translation step writes where it lost the answer
            if (start < 0 && text.Length == 0)
                continue;
            if (text.Length == 0)
                throw new InvalidDataException($"{row.Where}: \"{column}\" has an empty answer; leave it out, or the row.");
            answers.Add(new TaskAnswer(text, start < 0 ? -1 : Placed(row, column, context, text, start, allowsMisplaced)));
        }
        return answers;
    }

    private static IEnumerable<(JsonElement Text, JsonElement? Start)> OfLists(TaskRow row, string column, JsonElement value)
    {
        var texts = Field(row, column, value, Text);
        var starts = Optional(value, Start);
        if (texts.ValueKind != JsonValueKind.Array)
            return [(texts, starts)];
        if (starts is null)
            return texts.EnumerateArray().Select(t => (t, (JsonElement?)null));
        if (starts.Value.ValueKind != JsonValueKind.Array || starts.Value.GetArrayLength() != texts.GetArrayLength())
            throw new InvalidDataException(
                $"{row.Where}: \"{column}\" has {texts.GetArrayLength()} of {Text}, and {Start} is " +
                $"{Shortened.Of(starts.Value.GetRawText())}; it " +
                "needs a number for each text.");
        return texts.EnumerateArray().Zip(starts.Value.EnumerateArray(), (t, s) => (t, (JsonElement?)s));
    }

    private static JsonElement Field(TaskRow row, string column, JsonElement value, string name) =>
        Optional(value, name) ?? throw new InvalidDataException(
            $"{row.Where}: \"{column}\" has no \"{name}\"; answers are {{\"text\": [\"…\"], \"answer_start\": [0]}}.");

    private static JsonElement? Optional(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var field) && field.ValueKind != JsonValueKind.Null
            ? field : null;

    private static int Number(TaskRow row, string column, JsonElement? start)
    {
        if (start is not { } value)
            return -1;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= -1
            ? number
            : throw new InvalidDataException(
                $"{row.Where}: \"{column}.{Start}\" is {Shortened.Of(value.GetRawText())}; it must be where the answer begins in the " +
                "context, in characters from 0, or -1 where it does not stand there.");
    }

    private static int Placed(TaskRow row, string column, string context, string text, int start, bool allowsMisplaced)
    {
        var place = CodePoints.ToIndex(context, start);
        if (place is { } found && string.CompareOrdinal(context, found, text, 0, text.Length) == 0)
            return found;
        if (allowsMisplaced)
            return -1;
        var there = place is { } at
            ? $"\"{Shortened.Of(context[at..Math.Min(context.Length, at + text.Length)])}\""
            : $"nothing, for it has {CodePoints.Count(context)} characters";
        throw new InvalidDataException(
            $"{row.Where}: \"{column}\" has \"{Shortened.Of(text)}\" at {start} of the context, where there is {there}. Starts are " +
            "counted in characters (not bytes) from 0; mend the row, or set -1 for an answer that is not in the context.");
    }
}
