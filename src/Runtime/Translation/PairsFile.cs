using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace XlLoraOnnx.Runtime;

/// <summary><c>pairs.json</c>; docs/formats/pairs.md has it field by field.</summary>
internal static class PairsFile
{
    public const string Name = "pairs.json";

    private const int Version = 1;
    private const string BaseModel = "none", FallsBack = "base";

    private static readonly string[] Fields = ["version", "languages", "defaults", "fallback", "pairs"];
    private static readonly string[] DefaultFields = ["prompt", "stop", "max_new_tokens"];
    private static readonly string[] PairFields = ["adapter", .. DefaultFields];
    private static readonly string[] PromptFields = ["kind", "template"];

    public static TranslationPairs Read(string path) => TableOf(ConfigReader.Open(path));

    public static TranslationPairs Parse(string json, string name)
    {
        using var document = UntrustedJson.ParseText(json, name);
        return TableOf(new ConfigReader(name, document.RootElement.Clone()));
    }

    private static TranslationPairs TableOf(ConfigReader file)
    {
        if (file.OptionalInt("version") is not Version)
            throw file.Has("version") ? new NotSupportedException($"{file.Describe("version")}; this version of the tool reads {Version}.")
                : new InvalidDataException($"{file.Describe("version")}; it must be {Version}.");
        CheckFields(file, "", Fields);
        var defaults = file.OptionalObject("defaults") is { } given
            ? RouteOf(given, "defaults", DefaultFields, new TranslationRoute()) : new TranslationRoute();
        var routes = new OrderedDictionary<LanguagePair, TranslationRoute>();
        if (file.OptionalObject("pairs") is { } pairs)
        {
            foreach (var name in pairs.Names)
                routes.Add(PairOf(file.Path, name),
                    RouteOf(pairs.OptionalObject(name) ?? throw Absent(pairs, name), $"pairs.{name}", PairFields, defaults));
        }
        if (file.OptionalString("fallback") is not (null or FallsBack))
            throw new InvalidDataException($"{file.Describe("fallback")}; it must be \"{FallsBack}\", or be left out where a pair "
                + "that is not in the table is an error.");
        return new TranslationPairs
        {
            Routes = routes,
            Defaults = defaults,
            FallsBackToBase = file.Has("fallback"),
            Languages = LanguagesOf(file),
        };
    }

    public static string Write(TranslationPairs table)
    {
        using var stream = new MemoryStream();
        var readable = new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(stream, readable))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteStartObject("languages");
            foreach (var (code, name) in table.Languages)
                json.WriteString(code, name);
            json.WriteEndObject();
            json.WriteStartObject("defaults");
            WriteRoute(json, table.Defaults);
            json.WriteEndObject();
            if (table.FallsBackToBase)
                json.WriteString("fallback", FallsBack);
            json.WriteStartObject("pairs");
            foreach (var (pair, route) in table.Routes)
            {
                json.WriteStartObject(pair.ToString());
                json.WriteString("adapter", route.Adapter ?? BaseModel);
                WriteRoute(json, route);
                json.WriteEndObject();
            }
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void WriteRoute(Utf8JsonWriter json, TranslationRoute route)
    {
        if (route.Prompt is { } prompt)
        {
            json.WriteStartObject("prompt");
            json.WriteString("kind", KindName(prompt.Kind));
            json.WriteString("template", prompt.Template);
            json.WriteEndObject();
        }
        json.WriteStartArray("stop");
        foreach (var stop in route.Stop)
            json.WriteStringValue(stop);
        json.WriteEndArray();
        json.WriteNumber("max_new_tokens", route.MaxNewTokens);
    }

    private static LanguagePair PairOf(string path, string name)
    {
        try
        {
            return LanguagePair.Parse(name);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"'{path}': pairs has the key \"{name}\", which is no pair of two languages; one is written "
                + "SOURCE-TARGET with codes that have no '-' in them, such as eng_Latn-hau_Latn.", e);
        }
    }

    /// <param name="defaults">What it has where it says nothing.</param>
    private static TranslationRoute RouteOf(ConfigReader route, string where, string[] fields, TranslationRoute defaults)
    {
        CheckFields(route, where, fields);
        var adapter = route.OptionalString("adapter");
        if (fields == PairFields && string.IsNullOrWhiteSpace(adapter))
            throw new InvalidDataException(
                $"{route.Describe("adapter")}; it must be the name of an adapter, or \"{BaseModel}\" for the base model.");
        var stop = route.OptionalStrings("stop") ?? defaults.Stop;
        if (stop.Any(string.IsNullOrEmpty))
            throw new InvalidDataException($"{route.Describe("stop")}; an empty stop would end every translation before it begins.");
        return new TranslationRoute
        {
            Adapter = adapter == BaseModel ? null : adapter,
            Prompt = route.OptionalObject("prompt") is { } prompt ? PromptOf(prompt, $"{where}.prompt") : defaults.Prompt,
            Stop = stop,
            MaxNewTokens = route.PositiveInt("max_new_tokens", defaults.MaxNewTokens),
        };
    }

    private static TranslationPrompt PromptOf(ConfigReader prompt, string where)
    {
        CheckFields(prompt, where, PromptFields);
        var name = prompt.OptionalString("kind");
        TranslationPromptKind[] kinds = [.. Enum.GetValues<TranslationPromptKind>().Where(k => KindName(k) == name)];
        if (kinds is not [var kind])
            throw new InvalidDataException($"{prompt.Describe("kind")}; it must be "
                + $"{string.Join(" or ", Enum.GetValues<TranslationPromptKind>().Select(k => $"\"{KindName(k)}\""))}.");
        if (prompt.OptionalString("template") is not { } template)
            throw new InvalidDataException(
                $"{prompt.Describe("template")}; it must be the words around {TranslationPrompt.Placeholders[0]}.");
        var made = new TranslationPrompt(kind, template);
        return made.WhatIsWrong() is { } wrong
            ? throw new InvalidDataException($"'{prompt.Path}': {where}.template: {wrong}") : made;
    }

    private static OrderedDictionary<string, string> LanguagesOf(ConfigReader file)
    {
        var languages = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        if (file.OptionalObject("languages") is not { } names)
            return languages;
        foreach (var code in names.Names)
        {
            var name = names.OptionalString(code);
            languages.Add(code, string.IsNullOrWhiteSpace(name)
                ? throw new InvalidDataException($"{names.Describe(code)}; it must be the name of the language, such as \"Hausa\".")
                : name);
        }
        return languages;
    }

    private static void CheckFields(ConfigReader reader, string where, string[] known)
    {
        if (reader.Names.FirstOrDefault(n => !known.Contains(n)) is { } unknown)
            throw new InvalidDataException($"'{reader.Path}': {(where.Length == 0 ? "" : where + ".")}{unknown} is no field of it; "
                + $"there are: {string.Join(", ", known)}.");
    }

    private static InvalidDataException Absent(ConfigReader pairs, string name) =>
        new($"{pairs.Describe(name)}; it must be an object with {string.Join(", ", PairFields)}.");

    private static string KindName(TranslationPromptKind kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());
}
