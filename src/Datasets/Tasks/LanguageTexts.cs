using System.Text.Json;

namespace XlLoraOnnx.Datasets;

/// <summary>A text in many languages, as XNLI has it on the hub under <c>all_languages</c>: <c>{"ar": "…", "bg": "…"}</c>, or
/// <c>{"language": ["ar", …], "translation": ["…", …]}</c>.</summary>
internal static class LanguageTexts
{
    private const string Language = "language", Translation = "translation";

    /// <exception cref="InvalidDataException">It is neither.</exception>
    public static OrderedDictionary<string, string> Read(TaskRow row, string column)
    {
        var value = row.Json(column)!.Value;
        var texts = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (language, text) in Pairs(row, column, value))
        {
            if (!texts.TryAdd(language, row.TextOf(text, $"{column}.{language}") ?? ""))
                throw new InvalidDataException($"{row.Where}: \"{column}\" has two texts in {language}.");
        }
        return texts;
    }

    private static IEnumerable<(string Language, JsonElement Text)> Pairs(TaskRow row, string column, JsonElement value)
    {
        if (!value.TryGetProperty(Language, out var languages) || !value.TryGetProperty(Translation, out var translations))
            return value.EnumerateObject().Select(p => (p.Name, p.Value));
        if (languages.ValueKind != JsonValueKind.Array || translations.ValueKind != JsonValueKind.Array
            || languages.GetArrayLength() != translations.GetArrayLength())
            throw new InvalidDataException(
                $"{row.Where}: \"{column}\" needs two lists of the same length, \"{Language}\" and \"{Translation}\".");
        return languages.EnumerateArray().Zip(translations.EnumerateArray(), (l, t) => (row.TextOf(l, $"{column}.{Language}") ?? "", t));
    }
}
