namespace XlLoraOnnx.Synthesis;

/// <summary>One sentence to make a triplet for.</summary>
/// <param name="RowId">0-based index of its row in the input; the row's name until the end, since sentences may occur twice.</param>
/// <param name="Sent0">The sentence, exactly as it was read.</param>
public sealed record Anchor(long RowId, string Sent0)
{
    /// <summary>Language of its row, as prompts and strategies call it; null for <see cref="SynthesisOptions.Language"/>.</summary>
    public string? Language { get; init; }
}
