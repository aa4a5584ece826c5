using System.Text.Json;

namespace XlLoraOnnx.Datasets;

/// <summary>A row of a table or a JSON object; it is gone when the next one is asked for.</summary>
internal sealed class TaskRow
{
    private const int MaxDepth = 32;
    private static readonly JsonDocumentOptions CellOptions = new() { AllowDuplicateProperties = false, MaxDepth = MaxDepth };

    private readonly JsonElement _object;
    private readonly string[]? _fields;

    public TaskRow(string[] header, string[] fields, string where, long number) =>
        (Names, _fields, Where, Number) = (header, fields, where, number);

    public TaskRow(JsonElement element, string where, long number)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"{where} is a JSON {element.ValueKind}; each row must be an object.");
        (Names, _object, Where, Number) = ([.. element.EnumerateObject().Select(p => p.Name)], element, where, number);
    }

    public IReadOnlyList<string> Names { get; }

    /// <summary>File and row, for messages.</summary>
    public string Where { get; }

    /// <summary>From 1, within its file.</summary>
    public long Number { get; }

    /// <summary>A string, or a number as it is written; null where there is none.</summary>
    public string? Text(string column)
    {
        if (_fields is not null)
            return Index(column) is >= 0 and var place ? _fields[place] : null;
        return _object.TryGetProperty(column, out var value) ? TextOf(value, column) : null;
    }

    public string? TextOf(JsonElement value, string column) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => Decoded(value, column),
        JsonValueKind.Number => value.GetRawText(),
        var kind => throw new InvalidDataException($"{Where}: \"{column}\" is a JSON {kind}; it must be a string."),
    };

    /// <summary>A value of JSON, or what JSON a text holds; null where there is none.</summary>
    public JsonElement? Json(string column)
    {
        if (_fields is null && _object.TryGetProperty(column, out var value)
            && value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
            return value;
        if (Text(column) is not { Length: > 0 } text)
            return null;
        try
        {
            using var document = JsonDocument.Parse(text, CellOptions);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new InvalidDataException(
                $"{Where}: \"{column}\" is {Shortened.Of(text)}, which is no JSON; a table holds answers as " +
                "{\"text\": [\"…\"], \"answer_start\": [0]}. Or write the data as JSON lines or Parquet.", e);
        }
    }

    /// <summary>Whether the value is a JSON object: texts by language.</summary>
    public bool IsObject(string column) =>
        _fields is null && _object.TryGetProperty(column, out var value) && value.ValueKind == JsonValueKind.Object;

    private int Index(string column)
    {
        for (var i = 0; i < Names.Count; i++)
        {
            if (Names[i] == column)
                return i;
        }
        return -1;
    }

    private string Decoded(JsonElement value, string column)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            // The one thing that GetString refuses in a valid JSON string: half a surrogate pair.
            throw new InvalidDataException($"{Where}: \"{column}\" is not valid Unicode: {e.Message}", e);
        }
    }
}
