using System.Text.Json;

namespace XlLoraOnnx.Tokenizers;

/// <summary>tokenizer_config.json, as far as it concerns ids.</summary>
/// <param name="ModelMaxLength">Null where the file has none, or the huge number that stands for none.</param>
internal sealed record TokenizerConfig(
    string? BosToken, string? EosToken, string? PadToken, string? UnknownToken, string? MaskToken, int? ModelMaxLength, bool PadsLeft,
    bool TruncatesLeft, IReadOnlyList<string> AdditionalSpecialTokens)
{
    public const string FileName = "tokenizer_config.json";

    public static TokenizerConfig Empty { get; } = new(null, null, null, null, null, null, false, false, []);

    public static TokenizerConfig Read(string path)
    {
        if (!File.Exists(path))
            return Empty;
        using var document = UntrustedJson.Parse(path);
        var root = JsonPart.Object(document.RootElement, $"'{path}'");
        return new TokenizerConfig(
            Token(root, "bos_token"), Token(root, "eos_token"), Token(root, "pad_token"), Token(root, "unk_token"),
            Token(root, "mask_token"), MaxLength(root), IsLeft(root, "padding_side"), IsLeft(root, "truncation_side"),
            [.. Tokens(root, "additional_special_tokens"), .. Tokens(root, "extra_special_tokens")]);
    }

    /// <summary>A string, or an object with its content.</summary>
    private static string? Token(JsonPart root, string name) =>
        root.Has(name) && root.Element.GetProperty(name).ValueKind == JsonValueKind.Object
            ? root.Part(name)!.Value.Text("content")
            : root.OptionalText(name);

    /// <summary>A list of strings, or of objects with their content. <c>extra_special_tokens</c> may be an object (name → token) instead,
    /// which has no token that is not in tokenizer.json as well.</summary>
    private static IEnumerable<string> Tokens(JsonPart root, string name)
    {
        if (!root.Has(name) || root.Element.GetProperty(name).ValueKind == JsonValueKind.Object)
            return [];
        return root.Array(name).Select((e, i) => e.ValueKind == JsonValueKind.String
            ? e.GetString()!
            : JsonPart.Object(e, $"{root.Where}: {name}[{i}]").Text("content"));
    }

    private static int? MaxLength(JsonPart root)
    {
        if (!root.Has("model_max_length"))
            return null;
        var value = root.Element.GetProperty("model_max_length");
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var length) || length < 1)
            throw new InvalidDataException($"{root.Where}: 'model_max_length' is {value.GetRawText()}, expected a number above 0.");
        return length > int.MaxValue ? null : (int)length;
    }

    private static bool IsLeft(JsonPart root, string name) => root.OptionalText(name) switch
    {
        null or "right" => false,
        "left" => true,
        var side => throw new InvalidDataException($"{root.Where}: '{name}' is '{side}', expected 'left' or 'right'."),
    };
}
