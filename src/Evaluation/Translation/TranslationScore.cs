namespace XlLoraOnnx.Evaluation;

/// <summary>A score of translations.</summary>
/// <param name="Name">sacreBLEU's name: <c>BLEU</c>, <c>chrF2</c>, <c>chrF2++</c>.</param>
/// <param name="Value">0 to 100, full precision.</param>
/// <param name="Signature">How it was computed, as sacreBLEU writes it; <c>version</c> is that of the definition.</param>
public sealed record TranslationScore(string Name, double Value, string Signature)
{
    /// <summary>Of BLEU: precisions by order, brevity penalty and lengths, as sacreBLEU prints them; null for others.</summary>
    public string? Details { get; init; }

    /// <summary>Mean of the resamples; null where there were none.</summary>
    public double? Mean { get; init; }

    /// <summary>The middle 95 % of the resamples; half its width is what sacreBLEU prints behind ±. Null where there were none.</summary>
    public ScoreInterval? Interval { get; init; }

    /// <summary>Of the paired bootstrap against the first system: how probable a difference of this size is by chance. Null for the first
    /// system, and where there were no resamples.</summary>
    public double? PValue { get; init; }
}
