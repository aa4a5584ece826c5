namespace XlLoraOnnx.Synthesis;

/// <summary>One prompt, filled in with the anchor: that of XL-LoRA, with its adapters, with composed ones, or without any.</summary>
/// <remarks>Method: "Bootstrapping Embeddings for Low Resource Languages" (arXiv 2603.01732); prompts: its repository.</remarks>
public sealed class PromptStrategy : ISynthesisStrategy
{
    private readonly PromptTemplate _positive;
    private readonly PromptTemplate _negative;

    /// <param name="promptSet">One of <see cref="PromptSets"/>.</param>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public PromptStrategy(string promptSet = "xllora-gen-v1")
    {
        Name = promptSet;
        (_positive, _negative) = (PromptTemplate.Positive(promptSet), PromptTemplate.Negative(promptSet));
    }

    /// <summary>Names of the prompts there are.</summary>
    public static IReadOnlyList<string> PromptSets => PromptTemplate.Sets;

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Templates => new Dictionary<string, string>
    {
        [$"{Name}.positive.txt"] = _positive.Text,
        [$"{Name}.negative.txt"] = _negative.Text,
    };

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string>();

    /// <inheritdoc/>
    public string Prompt(SynthesisSide side, string anchor, string language, PromptRandom random) =>
        (side == SynthesisSide.Positive ? _positive : _negative).Fill(language, anchor);
}
