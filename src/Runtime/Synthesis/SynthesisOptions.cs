namespace XlLoraOnnx.Runtime;

/// <summary>How triplets are made from anchors.</summary>
public sealed record SynthesisOptions
{
    /// <summary>Names that <see cref="PromptSet"/> may have.</summary>
    public static IReadOnlyList<string> PromptSets => PromptTemplate.Sets;

    /// <summary>Adapter that writes positives; null for the base model.</summary>
    public string? Positive { get; init; } = "pos";

    /// <summary>Adapter that writes hard negatives; null for the base model.</summary>
    public string? Negative { get; init; } = "neg";

    /// <summary>English name of the language that answers are asked for in.</summary>
    public string Language { get; init; } = "English";

    /// <summary>Prompts to use, one of <see cref="PromptSets"/>.</summary>
    public string PromptSet { get; init; } = "xllora-gen-v1";

    /// <summary>How tokens are chosen; null for what the model's <c>generation_config.json</c> says.</summary>
    public SamplingOptions? Sampling { get; init; }

    /// <summary>Most tokens of one answer; an answer that needs more is rejected.</summary>
    public int MaxNewTokens { get; init; } = 128;

    /// <summary>Checks every value, against the adapters there are; nothing has run before that.</summary>
    internal void Validate(IReadOnlyCollection<string> adapters)
    {
        Sampling?.Validate();
        List<string> reasons = [];
        if (!PromptSets.Contains(PromptSet))
            reasons.Add($"There is no prompt set \"{PromptSet}\"; there are: {string.Join(", ", PromptSets)}.");
        if (string.IsNullOrWhiteSpace(Language))
            reasons.Add("Language is blank; give the English name of a language, such as \"English\".");
        if (MaxNewTokens < 1)
            reasons.Add($"MaxNewTokens is {MaxNewTokens}; it must be at least 1.");
        var there = adapters.Count == 0 ? "the model has none" : $"there are: {string.Join(", ", adapters.Order(StringComparer.Ordinal))}";
        foreach (var (polarity, name) in new[] { ("positives", Positive), ("hard negatives", Negative) })
            if (name is not null && !adapters.Contains(name))
                reasons.Add($"There is no adapter \"{name}\" to write {polarity}; {there}. "
                    + "Null is the base model ('none' on the command line).");
        if (reasons.Count > 0)
            throw new ArgumentException(string.Join(" ", reasons));
    }
}
