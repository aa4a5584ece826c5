using System.Text;
using System.Text.Json;

namespace XlLoraOnnx.Tokenizers;

/// <summary>An object within a JSON file, with the path that leads to it: every error says where it is.</summary>
/// <param name="Where">As a message begins: <c>'…/tokenizer.json': normalizer.normalizers[1]</c>.</param>
internal readonly record struct JsonPart(JsonElement Element, string Where)
{
    /// <exception cref="InvalidDataException">It is no object.</exception>
    public static JsonPart Object(JsonElement element, string where) =>
        element.ValueKind == JsonValueKind.Object
            ? new JsonPart(element, where)
            : throw new InvalidDataException($"{where} is {element.ValueKind}, expected an object.");

    public string Type => Text("type");

    public bool Has(string name) => Element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <returns>Null where it is absent or null.</returns>
    public JsonPart? Part(string name) =>
        Has(name) ? Object(Element.GetProperty(name), Where.EndsWith('\'') ? $"{Where}: {name}" : $"{Where}.{name}") : null;

    public JsonPart RequiredPart(string name) => Part(name) ?? throw Missing(name);

    /// <returns>The elements of a list; each has to be an object.</returns>
    public IEnumerable<JsonPart> Parts(string name)
    {
        var where = Where.EndsWith('\'') ? $"{Where}: {name}" : $"{Where}.{name}";
        return Array(name).Select((e, i) => Object(e, $"{where}[{i}]"));
    }

    public IEnumerable<JsonElement> Array(string name)
    {
        var value = Required(name);
        return value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : throw Wrong(name, value, "a list");
    }

    public string Text(string name)
    {
        var value = Required(name);
        return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(name, value, "a string");
    }

    public string? OptionalText(string name) => Has(name) ? Text(name) : null;

    /// <summary>A string of one code point.</summary>
    public string Character(string name)
    {
        var text = Text(name);
        return text.EnumerateRunes().Count() == 1
            ? text
            : throw new InvalidDataException($"{Where}: '{name}' is '{text}', expected one character.");
    }

    public bool Bool(string name)
    {
        var value = Required(name);
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw Wrong(name, value, "true or false");
    }

    public bool Bool(string name, bool absent) => Has(name) ? Bool(name) : absent;

    /// <summary>A number from 0 to 2³¹−1.</summary>
    public int Count(string name)
    {
        var value = Required(name);
        return AsCount(value) ?? throw Wrong(name, value, "a number from 0 to 2147483647");
    }

    public int? OptionalCount(string name) => Has(name) ? Count(name) : null;

    public static int? AsCount(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= 0 ? number : null;

    public NotSupportedException Unsupported(string what, string supported) =>
        new($"{Where}: {what} is not supported. Supported are: {supported}.");

    private InvalidDataException Missing(string name) => new($"{Where}: the field '{name}' is missing.");

    private InvalidDataException Wrong(string name, JsonElement value, string expected)
    {
        var found = new StringBuilder(value.GetRawText());
        if (found.Length > 40)
            found.Remove(40, found.Length - 40).Append('…');
        return new InvalidDataException($"{Where}: '{name}' is {found}, expected {expected}.");
    }

    private JsonElement Required(string name) =>
        Element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : throw Missing(name);
}
