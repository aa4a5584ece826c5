using System.Text.Json;

namespace XlLoraOnnx.Datasets;

/// <summary>A JSON object or string of a file of rows; it is gone when the next one is asked for.</summary>
/// <param name="Where">File and place, for messages.</param>
/// <param name="Number">Its line, or its place in a list, from 1.</param>
public readonly record struct JsonRecord(JsonElement Element, string Where, long Number)
{
    /// <summary>String fields of the object.</summary>
    /// <param name="fields">The first must be there; others may be missing or null.</param>
    /// <returns>As many texts as fields; null where there is none.</returns>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public string?[] Texts(string[] fields)
    {
        if (Element.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException(
                $"{Where} is a JSON {Element.ValueKind}; it must be an object with a string \"{fields[0]}\".");
        if (!Element.TryGetProperty(fields[0], out _))
            throw new InvalidDataException($"{Where} has no field \"{fields[0]}\"; it has {Names()}.");
        var texts = new string?[fields.Length];
        for (var i = 0; i < fields.Length; i++)
            texts[i] = Field(fields[i], isOptional: i > 0);
        return texts;
    }

    /// <summary>The string that it is.</summary>
    /// <exception cref="InvalidDataException">Half of a surrogate pair is in it.</exception>
    internal string Text() => Decoded(Element, "the string");

    private string? Field(string field, bool isOptional)
    {
        if (!Element.TryGetProperty(field, out var value) || isOptional && value.ValueKind == JsonValueKind.Null)
            return null;
        return value.ValueKind == JsonValueKind.String ? Decoded(value, $"\"{field}\"")
            : throw new InvalidDataException($"{Where}: \"{field}\" is a JSON {value.ValueKind}; it must be a string.");
    }

    private string Decoded(JsonElement value, string what)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            // The one thing that GetString refuses in a valid JSON string: half a surrogate pair.
            throw new InvalidDataException($"{Where}: {what} is not valid Unicode: {e.Message}", e);
        }
    }

    private string Names()
    {
        var names = Element.EnumerateObject().Select(p => $"\"{p.Name}\"").ToList();
        return names.Count == 0 ? "no field at all" : string.Join(", ", names);
    }
}
