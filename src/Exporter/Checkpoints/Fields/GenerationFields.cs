using static XlLoraOnnx.Formats.ConfigField;

namespace XlLoraOnnx.Exporter;

/// <summary>The table of generation_config.json: what <see cref="GenerationSettings"/> decides.</summary>
internal static class GenerationFields
{
    private static readonly string[] Nothing = ["false", "[]", "{}"];

    public static ConfigFields All { get; } = new("generation_config.json", new FieldTable("generation_config.json",
    [
        Used("ids that generation begins and ends with, and how tokens are drawn", [.. GenerationSettings.Used]),
        Neutral("bookkeeping, what is handed out, caches and drafts: the tokens are the same", [.. GenerationSettings.WithoutEffect]),
        .. GenerationSettings.Neutral.Where(n => !GenerationSettings.OfBeams.Contains(n.Key)).GroupBy(n => n.Value).OrderBy(g => g.Key)
            .Select(g => Ignored("the engines do not do it", [g.Key.ToString(System.Globalization.CultureInfo.InvariantCulture)],
                [.. g.Select(n => n.Key)])),
        Ignored("the engines do not do it", Nothing, "stop_strings", "max_time", "bad_words_ids", "force_words_ids", "constraints",
            "forced_bos_token_id", "forced_eos_token_id", "forced_decoder_ids", "suppress_tokens", "begin_suppress_tokens",
            "sequence_bias", "exponential_decay_length_penalty", "top_h", "dola_layers", "token_healing", "watermarking_config"),
        Ignored("each request says how long its answer may be", [], "max_new_tokens"),
        Ignored("counts where beams are searched (`num_beams`), which the engines do not do", [], [.. GenerationSettings.OfBeams]),
    ]));
}
