using System.Text.Json;

namespace XlLoraOnnx.Datasets;

/// <summary>Questions of a nested file of SQuAD: <c>data</c> → <c>paragraphs</c> → <c>qas</c>.</summary>
internal static class SquadRows
{
    private const string Data = "data", Paragraphs = "paragraphs", Questions = "qas", Context = "context";

    public static bool IsOne(JsonElement element) => element.ValueKind == JsonValueKind.Object
        && element.TryGetProperty(Data, out var data) && data.ValueKind == JsonValueKind.Array;

    /// <returns>Rows as the flat layout has them, with the context of their paragraph.</returns>
    public static IEnumerable<TaskRow> Of(JsonElement file, string where)
    {
        long number = 0;
        foreach (var (a, article) in List(file, Data, where).Index())
        {
            var ofArticle = $"{where}, {Data}[{a}]";
            foreach (var (p, paragraph) in List(article, Paragraphs, ofArticle).Index())
            {
                var ofParagraph = $"{ofArticle}.{Paragraphs}[{p}]";
                foreach (var (q, question) in List(paragraph, Questions, ofParagraph).Index())
                    yield return Row(paragraph, question, $"{ofParagraph}.{Questions}[{q}]", ++number);
            }
        }
    }

    private static TaskRow Row(JsonElement paragraph, JsonElement question, string where, long number)
    {
        if (question.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"{where} is a JSON {question.ValueKind}; each question must be an object.");
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            foreach (var field in question.EnumerateObject().Where(f => f.Name != Context))
                field.WriteTo(json);
            if (paragraph.TryGetProperty(Context, out var context))
            {
                json.WritePropertyName(Context);
                context.WriteTo(json);
            }
            json.WriteEndObject();
        }
        using var document = JsonDocument.Parse(bytes.ToArray());
        return new TaskRow(document.RootElement.Clone(), where, number);
    }

    private static JsonElement.ArrayEnumerator List(JsonElement element, string name, string where)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out var list))
            throw new InvalidDataException($"{where} has no list \"{name}\"; a file of SQuAD is {Data} → {Paragraphs} → {Questions}.");
        return list.ValueKind == JsonValueKind.Array ? list.EnumerateArray()
            : throw new InvalidDataException($"{where}: \"{name}\" is a JSON {list.ValueKind}; it must be a list.");
    }
}
