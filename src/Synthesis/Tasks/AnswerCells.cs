using System.Text.Json;

namespace XlLoraOnnx.Synthesis;

/// <summary>Right answers of a row as a file has them, with starts in characters.</summary>
internal static class AnswerCells
{
    public const string Column = "answers";

    // what FLARE's code writes for an answer that it lost
    private static readonly TaskAnswer[] Lost = [new("", -1)];

    /// <returns>JSON as the hub has it, and with what stands for a lost answer where there is none.</returns>
    public static string OrLost(string context, IReadOnlyList<TaskAnswer> answers) => Of(context, answers.Count > 0 ? answers : Lost);

    /// <returns>JSON as the hub has it.</returns>
    public static string Of(string context, IReadOnlyList<TaskAnswer> answers)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, OutputLines.JsonFormat))
        {
            json.WriteStartObject();
            json.WriteStartArray("text");
            foreach (var answer in answers)
                json.WriteStringValue(answer.Text);
            json.WriteEndArray();
            json.WriteStartArray("answer_start");
            foreach (var answer in answers)
                json.WriteNumberValue(answer.StartIn(context));
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}
