namespace XlLoraOnnx.Runtime;

/// <summary>How the next token is chosen.</summary>
/// <remarks>
/// Applied in the order and with the definitions of Hugging Face's transformers: repetition penalty, temperature, top-k, top-p, min-p.
/// Without <see cref="DoSample"/> only the repetition penalty counts.
/// </remarks>
public sealed record SamplingOptions
{
    /// <summary>Always the most likely token; nothing is drawn.</summary>
    public static SamplingOptions Greedy { get; } = new();

    /// <summary>Draw from the distribution (true) or take the most likely token (false).</summary>
    public bool DoSample { get; init; }

    /// <summary>Divides the logits; above 0 and finite, 1 leaves them as they are.</summary>
    public float Temperature { get; init; } = 1;

    /// <summary>Keep the k most likely tokens; 0 is off.</summary>
    public int TopK { get; init; }

    /// <summary>Keep the smallest set of tokens with at least this probability; above 0, at most 1, which is off.</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Keep the tokens with at least this share of the most likely token's probability; 0 to 1, 0 is off.</summary>
    public float MinP { get; init; }

    /// <summary>Penalty on tokens that have occurred; above 0 and finite, 1 is off.</summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Seed of the random stream.</summary>
    public long Seed { get; init; } = 42;

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range; the message names the value and the range.</exception>
    public void Validate()
    {
        Require(float.IsFinite(Temperature) && Temperature > 0, nameof(Temperature), Temperature, "a finite number above 0");
        Require(TopK >= 0, nameof(TopK), TopK, "0 (off) or more");
        Require(TopP is > 0 and <= 1, nameof(TopP), TopP, "above 0 and at most 1 (off)");
        Require(MinP is >= 0 and <= 1, nameof(MinP), MinP, "0 (off) to 1");
        Require(float.IsFinite(RepetitionPenalty) && RepetitionPenalty > 0, nameof(RepetitionPenalty), RepetitionPenalty,
            "a finite number above 0 (1 is off)");
    }

    private static void Require(bool allowed, string name, IFormattable value, string range)
    {
        if (!allowed)
            throw new ArgumentOutOfRangeException(name, value,
                FormattableString.Invariant($"{name} is {value}; it must be {range}."));
    }
}
