using System.Text.Json;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// Whether tokenizer_config.json says the same as tokenizer.json, which texts go through. transformers lets the first change the second in
/// places (transformers 4: models/bert/tokenization_bert_fast.py; transformers 5: tokenization_utils_tokenizers.py).
/// </summary>
internal static class TokenizerAgreement
{
    private const string Remedy =
        "Load the tokenizer in transformers, see which is meant, and save it again (save_pretrained), which writes both alike.";

    // they build nothing of their own from these fields
    private static readonly string[] PlainClasses = ["PreTrainedTokenizerFast", "TokenizersBackend"];

    private static readonly (string Field, string OfNormalizer)[] Normalizing =
        [("do_lower_case", "lowercase"), ("strip_accents", "strip_accents"), ("tokenize_chinese_chars", "handle_chinese_chars")];

    /// <exception cref="NotSupportedException">A text would get other ids than in transformers.</exception>
    public static void Check(ConfigReader config, JsonElement tokenizer)
    {
        if (PlainClasses.Contains(config.OptionalString("tokenizer_class"))
            || Part(tokenizer, "normalizer", "BertNormalizer") is not { } bert)
            return;
        foreach (var (field, name) in Normalizing)
        {
            // null strips accents where it lower-cases
            var does = Flag(bert, name) ?? (name == "strip_accents" ? Flag(bert, "lowercase") : null);
            if (config.OptionalBool(field) is { } says && does is { } other && says != other)
                throw new NotSupportedException($"{config.Describe(field)}, and the normalizer of tokenizer.json beside it has {name} "
                    + $"{(other ? "true" : "false")}: transformers follows the former, and texts would get other ids here. {Remedy}");
        }
    }

    /// <summary>What tokenizer.json does otherwise; a sentence each.</summary>
    public static IReadOnlyList<string> Notices(ConfigReader config, JsonElement tokenizer)
    {
        var (before, after) = Around(tokenizer);
        var notices = new List<string>();
        Compare("add_bos_token", before, "before a text");
        Compare("add_eos_token", after, "after a text");
        if (Part(tokenizer, "pre_tokenizer", "ByteLevel") is { } bytes && Flag(bytes, "add_prefix_space") is { } spaced)
            Compare("add_prefix_space", spaced, "before a text", "space");
        return notices;

        void Compare(string field, bool does, string where, string what = "token")
        {
            if (config.OptionalBool(field) is { } says && says != does)
                notices.Add($"tokenizer_config.json: {field} is {(says ? "true" : "false")}, and tokenizer.json puts "
                    + $"{(does ? "a" : "no")} {what} {where}; tokenizer.json is followed.");
        }
    }

    /// <summary>Whether special tokens are put before and after a text.</summary>
    private static (bool Before, bool After) Around(JsonElement tokenizer)
    {
        const string Name = "post_processor";
        if (Part(tokenizer, Name, "BertProcessing") is not null || Part(tokenizer, Name, "RobertaProcessing") is not null)
            return (true, true);
        if (Part(tokenizer, Name, "TemplateProcessing") is not { } template || !template.TryGetProperty("single", out var single)
            || single.ValueKind != JsonValueKind.Array || single.GetArrayLength() == 0)
            return (false, false);
        return (IsSpecial(single[0]), IsSpecial(single[single.GetArrayLength() - 1]));
    }

    private static bool IsSpecial(JsonElement place) =>
        place.ValueKind == JsonValueKind.Object && place.TryGetProperty("SpecialToken", out _);

    /// <summary>A part of a type, or the first of it in a sequence. What is malformed is for the tokenizer to say.</summary>
    private static JsonElement? Part(JsonElement tokenizer, string name, string type)
    {
        if (!tokenizer.TryGetProperty(name, out var part) || part.ValueKind != JsonValueKind.Object)
            return null;
        if (IsOf(part, type))
            return part;
        foreach (var list in (string[])["normalizers", "pretokenizers", "processors"])
        {
            if (!part.TryGetProperty(list, out var parts) || parts.ValueKind != JsonValueKind.Array)
                continue;
            foreach (var inner in parts.EnumerateArray().Where(p => p.ValueKind == JsonValueKind.Object && IsOf(p, type)))
                return inner;
        }
        return null;
    }

    private static bool IsOf(JsonElement part, string type) =>
        part.TryGetProperty("type", out var found) && found.ValueKind == JsonValueKind.String && found.ValueEquals(type);

    private static bool? Flag(JsonElement part, string name) =>
        part.TryGetProperty(name, out var value) && (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            ? value.GetBoolean()
            : null;
}
