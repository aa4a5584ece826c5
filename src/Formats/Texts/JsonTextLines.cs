using System.Runtime.CompilerServices;
using System.Text.Json;

namespace XlLoraOnnx.Formats;

/// <summary>String fields of the objects of a JSONL file.</summary>
public static class JsonTextLines
{
    /// <param name="source">UTF-8; blank lines are skipped.</param>
    /// <param name="fields">The first must be there; others may be missing or null.</param>
    /// <returns>As many texts as fields; null where there is none.</returns>
    /// <exception cref="InvalidDataException">A line is something else; the message names it.</exception>
    public static async IAsyncEnumerable<string?[]> ReadAsync(
        TextSource source, string[] fields, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long number = 0;
        await foreach (var line in StrictUtf8.ReadLinesAsync(source, cancellationToken).ConfigureAwait(false))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
                yield return ReadLine(line, fields, $"{source.Path}, line {number}");
        }
    }

    private static string?[] ReadLine(string line, string[] fields, string where)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var row = document.RootElement;
            if (row.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException(
                    $"{where} is a JSON {row.ValueKind}; each line must be an object with a string \"{fields[0]}\".");
            if (!row.TryGetProperty(fields[0], out _))
                throw new InvalidDataException($"{where} has no field \"{fields[0]}\"; it has {Names(row)}.");
            var texts = new string?[fields.Length];
            for (var i = 0; i < fields.Length; i++)
                texts[i] = Text(row, fields[i], isOptional: i > 0, where);
            return texts;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{where} is not valid JSON: {e.Message}", e);
        }
    }

    private static string? Text(JsonElement row, string field, bool isOptional, string where)
    {
        if (!row.TryGetProperty(field, out var value) || isOptional && value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind != JsonValueKind.String)
            throw new InvalidDataException($"{where}: \"{field}\" is a JSON {value.ValueKind}; it must be a string.");
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException e)
        {
            // The one thing that GetString refuses in a valid JSON string: half a surrogate pair.
            throw new InvalidDataException($"{where}: \"{field}\" is not valid Unicode: {e.Message}", e);
        }
    }

    private static string Names(JsonElement row)
    {
        var names = row.EnumerateObject().Select(p => $"\"{p.Name}\"").ToList();
        return names.Count == 0 ? "no field at all" : string.Join(", ", names);
    }
}
