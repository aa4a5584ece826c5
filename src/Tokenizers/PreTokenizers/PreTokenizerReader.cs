namespace XlLoraOnnx.Tokenizers;

/// <summary>The section <c>pre_tokenizer</c> of tokenizer.json.</summary>
internal static class PreTokenizerReader
{
    private const string Supported = "BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, Metaspace, Punctuation, Sequence, Split, " +
        "Whitespace, WhitespaceSplit";

    public static IPreTokenizer? Read(JsonPart? section) => section is { } part ? ReadPart(part) : null;

    public static PrependScheme ReadPrependScheme(JsonPart part)
    {
        var scheme = part.OptionalText("prepend_scheme") switch
        {
            null or "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            var other => throw new InvalidDataException(
                $"{part.Where}: prepend_scheme is '{other}', expected 'always', 'first' or 'never'."),
        };
        if (!part.Has("add_prefix_space") || part.Bool("add_prefix_space"))
            return scheme;
        return !part.Has("prepend_scheme") || scheme == PrependScheme.Never
            ? PrependScheme.Never
            : throw new InvalidDataException(
                $"{part.Where}: add_prefix_space is false, but prepend_scheme is '{part.Text("prepend_scheme")}'.");
    }

    /// <summary>One character of the basic plane.</summary>
    public static char ReadReplacement(JsonPart part) =>
        part.Character("replacement") is [var c]
            ? c
            : throw part.Unsupported($"the replacement '{part.Text("replacement")}'", "characters up to U+FFFF");

    private static IPreTokenizer ReadPart(JsonPart part) => part.Type switch
    {
        "BertPreTokenizer" => new PreTokenizerSequence(
        [
            new SplitPreTokenizer(new CodePointPattern(Characters.IsSpace), SplitBehavior.Removed),
            new SplitPreTokenizer(new CodePointPattern(Characters.IsPunctuation), SplitBehavior.Isolated),
        ]),
        "ByteLevel" => new ByteLevelPreTokenizer(part.Bool("add_prefix_space"), part.Bool("use_regex", absent: true)),
        "CharDelimiterSplit" => new SplitPreTokenizer(new LiteralPattern(part.Character("delimiter")), SplitBehavior.Removed),
        "Digits" => new SplitPreTokenizer(new CodePointPattern(Characters.IsNumber),
            part.Bool("individual_digits") ? SplitBehavior.Isolated : SplitBehavior.Contiguous),
        "Metaspace" => new MetaspacePreTokenizer(ReadReplacement(part), ReadPrependScheme(part), part.Bool("split", absent: true)),
        "Punctuation" => new SplitPreTokenizer(new CodePointPattern(Characters.IsPunctuation),
            part.Has("behavior") ? Behavior(part) : SplitBehavior.Isolated),
        "Sequence" => new PreTokenizerSequence([.. part.Parts("pretokenizers").Select(ReadPart)]),
        "Split" => new SplitPreTokenizer(PatternReader.Read(part), Behavior(part), part.Bool("invert")),
        "Whitespace" => new SplitPreTokenizer(new WordOrSymbolsPattern(), SplitBehavior.Removed, invert: true),
        "WhitespaceSplit" => new SplitPreTokenizer(new CodePointPattern(Characters.IsSpace), SplitBehavior.Removed),
        var type => throw part.Unsupported($"the pre-tokenizer '{type}'", Supported),
    };

    private static SplitBehavior Behavior(JsonPart part) =>
        Enum.TryParse<SplitBehavior>(part.Text("behavior"), out var behavior) && Enum.IsDefined(behavior)
            ? behavior
            : throw new InvalidDataException(
                $"{part.Where}: behavior is '{part.Text("behavior")}', "
                + $"expected one of {string.Join(", ", Enum.GetNames<SplitBehavior>())}.");
}
