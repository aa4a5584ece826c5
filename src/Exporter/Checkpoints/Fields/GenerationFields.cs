using static XlLoraOnnx.Formats.ConfigField;

namespace XlLoraOnnx.Exporter;

/// <summary>The table of generation_config.json: what <see cref="GenerationSettings"/> decides.</summary>
internal static class GenerationFields
{
    public static ConfigFields All { get; } = new("generation_config.json", new FieldTable("generation_config.json",
    [
        Used("ids that generation begins and ends with, and how tokens are drawn", [.. GenerationSettings.Used]),
        Neutral("bookkeeping, what is handed out, caches and drafts: the tokens are the same", [.. GenerationSettings.WithoutEffect]),
        .. GenerationSettings.Neutral.Where(n => !GenerationSettings.OfBeams.Contains(n.Key)).GroupBy(n => n.Value).OrderBy(g => g.Key)
            .Select(g => Ignored("the engines do not do it", [g.Key.ToString(System.Globalization.CultureInfo.InvariantCulture)],
                [.. g.Select(n => n.Key)])),
        Ignored("counts where beams are searched (`num_beams`), which the engines do not do", [], [.. GenerationSettings.OfBeams]),
    ]));
}
