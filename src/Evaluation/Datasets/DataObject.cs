using System.Globalization;
using System.Text.Json;

namespace XlLoraOnnx.Evaluation;

/// <summary>A JSON object of a data file, with the place that messages name.</summary>
internal readonly record struct DataObject(JsonElement Element, string Where, long Line)
{
    public IReadOnlyList<string> Names => [.. Element.EnumerateObject().Select(p => p.Name)];

    public bool Has(string name) => Element.TryGetProperty(name, out _);

    public string Text(string name) => OptionalText(name) ?? throw Missing(name);

    /// <summary>Null where the field is missing or null.</summary>
    public string? OptionalText(string name)
    {
        if (!Element.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind != JsonValueKind.String)
            throw new InvalidDataException($"{Where}: \"{name}\" is a JSON {value.ValueKind}; it must be a string.");
        return Decode(value, name);
    }

    /// <summary>An id: a string, or an integer as its digits.</summary>
    public string Id(params string[] names)
    {
        foreach (var name in names)
        {
            if (!Element.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
                continue;
            return value.ValueKind switch
            {
                JsonValueKind.String => Decode(value, name),
                JsonValueKind.Number when value.TryGetInt64(out var number) => number.ToString(CultureInfo.InvariantCulture),
                _ => throw new InvalidDataException(
                    $"{Where}: \"{name}\" is {value.GetRawText()}; an id must be a string or an integer."),
            };
        }
        throw Missing(string.Join("\" or \"", names));
    }

    public IEnumerable<DataObject> Objects(string name)
    {
        if (!Element.TryGetProperty(name, out var list))
            throw Missing(name);
        if (list.ValueKind != JsonValueKind.Array)
            throw new InvalidDataException($"{Where}: \"{name}\" is a JSON {list.ValueKind}; it must be a list of objects.");
        var (where, line) = (Where, Line);
        return list.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.Object
            ? new DataObject(e, $"{where}, \"{name}\"", line)
            : throw new InvalidDataException($"{where}: \"{name}\" holds a JSON {e.ValueKind}; it must be a list of objects."));
    }

    public InvalidDataException Missing(string name) =>
        new($"{Where} has no field \"{name}\"; it has {(Names.Count == 0 ? "none" : string.Join(", ", Names.Select(n => $"\"{n}\"")))}.");

    private string Decode(JsonElement value, string name)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            // The one thing that GetString refuses in a valid JSON string: half a surrogate pair.
            throw new InvalidDataException($"{Where}: \"{name}\" is not valid Unicode: {e.Message}", e);
        }
    }
}
