using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace XlLoraOnnx.Formats;

/// <summary>
/// Typed access to one object of a configuration file. A field that is absent or null takes the caller's default; a field of the wrong type
/// is an error that names file, field, value and what is expected.
/// </summary>
public sealed class ConfigReader(string path, JsonElement element, string prefix = "")
{
    private HashSet<string> _asked = new(StringComparer.Ordinal);

    public string Path => path;

    /// <summary>Names of all fields that somebody has asked for, those of objects within with the names of these before them.</summary>
    internal IReadOnlySet<string> Asked => _asked;

    /// <summary>In the order of the file.</summary>
    public IEnumerable<string> Names => element.EnumerateObject().Select(p => p.Name);

    public static ConfigReader Open(string path)
    {
        using var document = UntrustedJson.Parse(path);
        return new ConfigReader(path, document.RootElement.Clone());
    }

    public bool Has(string name) => Find(name) is not null;

    public JsonElement? Find(string name)
    {
        _asked.Add(FullName(name));
        return element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    public int Int(string name, int fallback) => OptionalInt(name) ?? fallback;

    public int? OptionalInt(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out var number) => number,
        { } value => throw Wrong(name, value, "an integer"),
    };

    public int PositiveInt(string name, int fallback) => Find(name) switch
    {
        null => fallback,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out var number) && number > 0 => number,
        { } value => throw Wrong(name, value, "an integer of at least 1"),
    };

    public double Number(string name, double fallback) => OptionalNumber(name) ?? fallback;

    public double? OptionalNumber(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetDouble(out var number) && double.IsFinite(number) => number,
        { } value => throw Wrong(name, value, "a number"),
    };

    public double PositiveNumber(string name, double fallback) =>
        Number(name, fallback) is var value && (value > 0 || !Has(name)) ? value : throw Wrong(name, Find(name)!.Value, "a number above 0");

    public bool Bool(string name, bool fallback) => OptionalBool(name) ?? fallback;

    public bool? OptionalBool(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } value => throw Wrong(name, value, "true or false"),
    };

    public string? OptionalString(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        { } value => throw Wrong(name, value, "a string"),
    };

    /// <summary>One integer or a list of them; empty when absent.</summary>
    public IReadOnlyList<int> Ints(string name) => Find(name) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Number } => [Int(name, 0)],
        { ValueKind: JsonValueKind.Array } value =>
            [.. value.EnumerateArray().Select(e =>
                e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out var n) ? n : throw Wrong(name, e, "an integer"))],
        { } value => throw Wrong(name, value, "an integer or a list of integers"),
    };

    public IReadOnlyList<string>? OptionalStrings(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } value =>
            [.. value.EnumerateArray().Select(e =>
                e.ValueKind == JsonValueKind.String ? e.GetString()! : throw Wrong(name, e, "a string"))],
        { } value => throw Wrong(name, value, "a list of strings"),
    };

    public ConfigReader? OptionalObject(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => new ConfigReader(path, value, FullName(name) + ".") { _asked = _asked },
        { } value => throw Wrong(name, value, "an object"),
    };

    public string Describe(string name) => $"'{path}': {FullName(name)}" + (Find(name) is { } value ? $" is {Shown(value)}" : " is absent");

    /// <summary>With the names of the objects around it.</summary>
    internal string FullName(string name) => prefix + name;

    private InvalidDataException Wrong(string name, JsonElement value, string expected) =>
        new($"'{path}': {FullName(name)} is {Shown(value)}, expected {expected}.");

    /// <summary>On one line, however the file breaks it.</summary>
    internal static string Shown(JsonElement value)
    {
        const int MaxShown = 200;
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            value.WriteTo(writer);
        var text = Encoding.UTF8.GetString(buffer.WrittenSpan);
        return text.Length <= MaxShown ? text : text[..MaxShown] + "…";
    }
}
