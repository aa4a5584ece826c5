namespace XlLoraOnnx.Exporter;

/// <summary>What a checkpoint's files say and an export does not look at. What would change the result is refused long before.</summary>
internal static class CheckpointNotices
{
    /// <summary>By the family of the plan.</summary>
    public static IReadOnlyDictionary<string, ConfigFields> Families { get; } = new Dictionary<string, ConfigFields>
    {
        ["llama"] = DecoderFields.Llama,
        ["gemma2"] = DecoderFields.Gemma2,
        ["gemma3"] = DecoderFields.Gemma3,
        ["bert"] = EncoderFields.Bert,
        ["distilbert"] = EncoderFields.DistilBert,
        ["xlm-roberta"] = EncoderFields.Bert,
        ["m2m_100"] = EncoderDecoderFields.M2M100,
        ["modernbert"] = EncoderFields.ModernBert,
    };

    /// <param name="config">The checkpoint's config.json.</param>
    /// <returns>A sentence for each field.</returns>
    public static IReadOnlyList<string> Of(string folder, ConfigReader config, ModelPlan plan)
    {
        var generates = plan.Encoder is null;
        var tokenizer = generates ? TokenizerFields.OfGenerator : TokenizerFields.OfEncoder;
        return
        [
            .. OfConfig(config, plan.Family), .. OfFile(folder, "tokenizer_config.json", tokenizer),
            .. generates ? [] : SentenceFields.Notices(folder),
        ];
    }

    /// <param name="family">As the manifest spells it.</param>
    public static IEnumerable<string> OfConfig(ConfigReader config, string family) => config.OptionalObject("text_config") is { } text
        ? [.. DecoderFields.Gemma3Whole.Notices(config), .. Families[family].Notices(text)]
        : Families[family].Notices(config);

    private static IEnumerable<string> OfFile(string folder, string name, ConfigFields fields) =>
        Path.Combine(folder, name) is var path && File.Exists(path) ? fields.Notices(ConfigReader.Open(path)) : [];
}
