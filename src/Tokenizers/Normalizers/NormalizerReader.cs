namespace XlLoraOnnx.Tokenizers;

/// <summary>The section <c>normalizer</c> of tokenizer.json.</summary>
internal static class NormalizerReader
{
    private const string Supported = "BertNormalizer, ByteLevel, Lowercase, NFC, NFD, NFKC, NFKD, Nmt, Precompiled, Prepend, Replace, " +
        "Sequence, Strip, StripAccents";

    public static INormalizer? Read(JsonPart? section) => section is { } part ? ReadPart(part) : null;

    private static INormalizer ReadPart(JsonPart part) => part.Type switch
    {
        "BertNormalizer" => new BertNormalizer(
            part.Bool("clean_text"), part.Bool("handle_chinese_chars"), part.Has("strip_accents") ? part.Bool("strip_accents") : null,
            part.Bool("lowercase")),
        "ByteLevel" => new ByteLevelNormalizer(),
        "Lowercase" => new LowercaseNormalizer(),
        "NFC" => new UnicodeNormalizer(compatible: false, compose: true),
        "NFD" => new UnicodeNormalizer(compatible: false, compose: false),
        "NFKC" => new UnicodeNormalizer(compatible: true, compose: true),
        "NFKD" => new UnicodeNormalizer(compatible: true, compose: false),
        "Nmt" => new CodePointNormalizer(CodePointMaps.Nmt),
        "Precompiled" => Precompiled(part),
        "Prepend" => new PrependNormalizer(part.Text("prepend")),
        "Replace" => Replace(part),
        "Sequence" => new NormalizerSequence([.. part.Parts("normalizers").Select(ReadPart)]),
        "Strip" => new StripNormalizer(part.Bool("strip_left"), part.Bool("strip_right")),
        "StripAccents" => new CodePointNormalizer(CodePointMaps.WithoutMarks),
        var type => throw part.Unsupported($"the normalizer '{type}'", Supported),
    };

    private static INormalizer Replace(JsonPart part)
    {
        var content = part.Text("content");
        return part.RequiredPart("pattern").OptionalText("String") is [var old] && content is [var replacement]
            ? new ReplaceCharNormalizer(old, replacement)
            : new ReplaceNormalizer(PatternReader.Read(part), content);
    }

    private static PrecompiledNormalizer Precompiled(JsonPart part)
    {
        var text = part.Text("precompiled_charsmap");
        try
        {
            return new PrecompiledNormalizer(new CharacterMap(Convert.FromBase64String(text), part.Where));
        }
        catch (FormatException e)
        {
            throw new InvalidDataException(
                $"{part.Where}: the precompiled_charsmap of {text.Length:N0} characters is not Base64: {e.Message}", e);
        }
    }
}
