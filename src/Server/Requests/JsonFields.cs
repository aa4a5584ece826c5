using System.Text.Json;

namespace XlLoraOnnx.Server;

/// <summary>The fields of a request, each read as what it must be; null counts as not given, as OpenAI has it.</summary>
internal readonly struct JsonFields(JsonElement root)
{
    /// <returns>Null if it is not given.</returns>
    public JsonElement? Value(string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public string Required(string name) =>
        Text(name) is { Length: > 0 } text ? text : throw RequestRefusedException.Of(name, $"'{name}' is missing; it must be a string.");

    public string? Text(string name) => Value(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        { } other => throw Wrong(name, other, "a string"),
    };

    public bool Flag(string name) => Value(name) switch
    {
        null or { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.True } => true,
        { } other => throw Wrong(name, other, "true or false"),
    };

    /// <param name="most">The largest that is allowed; so is everything down to <paramref name="least"/>.</param>
    public long? Integer(string name, long least = long.MinValue, long most = long.MaxValue)
    {
        if (Value(name) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var number))
            throw Wrong(name, value, "an integer");
        return number >= least && number <= most ? number
            : throw RequestRefusedException.Of(name, $"'{name}' is {number}; it must be from {least} to {most}.");
    }

    public float? Number(string name, double least, double most)
    {
        if (Value(name) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number))
            throw Wrong(name, value, "a number");
        return number >= least && number <= most ? (float)number
            : throw RequestRefusedException.Of(name, $"'{name}' is {value.GetRawText()}; it must be from {least} to {most}.");
    }

    /// <summary>A string, or a list of them.</summary>
    public IReadOnlyList<string> Texts(string name, int most)
    {
        if (Value(name) is not { } value)
            return [];
        if (value.ValueKind == JsonValueKind.String)
            return [value.GetString()!];
        if (value.ValueKind != JsonValueKind.Array)
            throw Wrong(name, value, "a string or a list of strings");
        if (value.GetArrayLength() > most)
            throw RequestRefusedException.Of(name, $"'{name}' has {value.GetArrayLength()} strings; at most {most} are taken.");
        return [.. value.EnumerateArray().Select(v =>
            v.ValueKind == JsonValueKind.String ? v.GetString()! : throw Wrong(name, v, "a string, or a list of nothing but strings"))];
    }

    public static RequestRefusedException Wrong(string name, JsonElement value, string expected) =>
        RequestRefusedException.Of(name, $"'{name}' is {Describe(value)}; it must be {expected}.");

    private static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a string",
        _ => value.GetRawText(),
    };
}
