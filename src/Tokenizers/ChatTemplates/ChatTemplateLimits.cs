namespace XlLoraOnnx.Tokenizers;

/// <summary>What a template may spend. The defaults are far above any published template and far below what harms a machine.</summary>
public sealed record ChatTemplateLimits
{
    /// <summary>Of the source, in UTF-16 units.</summary>
    public int TemplateCharacters { get; init; } = 256 * 1024;

    /// <summary>One for each evaluated node, each element and each 16 characters that are made or searched.</summary>
    public long Steps { get; init; } = 2_000_000;

    public int OutputCharacters { get; init; } = 16 * 1024 * 1024;

    /// <summary>Of blocks and expressions within one another, and of macro calls.</summary>
    public int Depth { get; init; } = 128;
}
