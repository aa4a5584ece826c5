using System.Text.Json;

namespace XlLoraOnnx.Formats;

/// <summary>What becomes of a field of a configuration file from elsewhere.</summary>
internal enum FieldUse
{
    /// <summary>What it says is done.</summary>
    Used,

    /// <summary>It changes nothing here, whatever it says.</summary>
    Neutral,

    /// <summary>What it says is not done, and the result would be another: nothing is made of the file.</summary>
    Refused,

    /// <summary>It is not followed, which the caller is told.</summary>
    Ignored,
}

/// <summary>Fields of a configuration file that share a fate.</summary>
/// <param name="Why">In a few words, for messages and for the table in docs/formats/fields.md.</param>
/// <param name="Harmless">Values, as JSON, at which nothing is refused or said. Null counts as absent, and is always among them.</param>
internal sealed record ConfigField(FieldUse Use, string Why, IReadOnlyList<string> Harmless, IReadOnlyList<string> Names)
{
    /// <summary>Of an object: what becomes of its own fields; null where they are names of somebody's own.</summary>
    public ConfigFields? Parts { get; private init; }

    public static ConfigField Used(string why, params string[] names) => new(FieldUse.Used, why, [], names);

    /// <summary>An object whose fields have a list of their own.</summary>
    public static ConfigField Used(string why, ConfigFields parts, params string[] names) => Used(why, names) with { Parts = parts };

    public static ConfigField Neutral(string why, params string[] names) => new(FieldUse.Neutral, why, [], names);

    public static ConfigField Refused(string why, string[] harmless, params string[] names) => new(FieldUse.Refused, why, harmless, names);

    public static ConfigField Ignored(string why, string[] harmless, params string[] names) => new(FieldUse.Ignored, why, harmless, names);

    public bool IsHarmless(JsonElement value) => Harmless.Any(h => JsonElement.DeepEquals(value, JsonElement.Parse(h)));
}

/// <summary>A table of docs/formats/fields.md.</summary>
internal sealed record FieldTable(string Title, IReadOnlyList<ConfigField> Fields);

/// <summary>Every known field of a configuration file: the one place that says what becomes of it.</summary>
/// <param name="file">As messages name it.</param>
internal sealed class ConfigFields(string file, params FieldTable[] tables)
{
    private readonly Dictionary<string, ConfigField> _byName = tables.SelectMany(t => t.Fields)
        .SelectMany(f => f.Names.Select(n => (n, f))).ToDictionary(p => p.n, p => p.f, StringComparer.Ordinal);

    public IReadOnlyList<FieldTable> Tables => tables;

    public IEnumerable<string> Names => _byName.Keys;

    /// <summary>Null for a field that this version does not know.</summary>
    public ConfigField? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Fields at values whose work is not done, each with its reason.</summary>
    public IEnumerable<(string Name, string Reason)> Refusals(ConfigReader config)
    {
        foreach (var (name, field) in Present(config, FieldUse.Refused))
        {
            var allowed = field!.Harmless is [var only] ? $"; {only} is supported" : "";
            yield return (name, $"{config.Describe(name)}: {field.Why}{allowed}.");
        }
        foreach (var (name, field) in Present(config, FieldUse.Used))
        {
            if (field!.Parts is not { } parts || config.Find(name)!.Value.ValueKind != JsonValueKind.Object)
                continue;
            foreach (var (part, reason) in parts.Refusals(config.OptionalObject(name)!))
                yield return ($"{name}.{part}", reason);
        }
    }

    /// <param name="remedy">The end of the message: what to do; null where the reasons say it.</param>
    /// <exception cref="NotSupportedException">Fields are refused; with all of them.</exception>
    public void ThrowIfRefused(ConfigReader config, string? remedy = null)
    {
        string[] reasons = [.. Refusals(config).Select(r => r.Reason)];
        if (reasons.Length > 0)
            throw new NotSupportedException(string.Join(' ', reasons) + (remedy is null ? "" : $" {remedy}."));
    }

    /// <summary>Fields that are not followed, unknown ones among them; a sentence each.</summary>
    /// <param name="path">As messages name the file, where it is not always called the same.</param>
    public IEnumerable<string> Notices(ConfigReader config, string? path = null) =>
        config.Names.Distinct().SelectMany(name => Notices(config, name, path ?? file));

    private IEnumerable<string> Notices(ConfigReader config, string name, string path)
    {
        if (config.Find(name) is not { } value)
            return [];
        var field = Find(name);
        if (field is null)
            return [$"{path}: the field \"{config.FullName(name)}\" is not known to this version; it was not looked at."];
        if (field.Use == FieldUse.Ignored && !field.IsHarmless(value))
            return [$"{path}: the field \"{config.FullName(name)}\" is {ConfigReader.Shown(value)}, which is not followed: {field.Why}."];
        return field.Parts is not null && value.ValueKind == JsonValueKind.Object
            ? field.Parts.Notices(config.OptionalObject(name)!, path)
            : [];
    }

    private IEnumerable<(string Name, ConfigField? Field)> Present(ConfigReader config, FieldUse use) => config.Names.Distinct()
        .Select(name => (Name: name, Field: Find(name)))
        .Where(p => p.Field?.Use == use && config.Find(p.Name) is { } value && !p.Field.IsHarmless(value));
}
