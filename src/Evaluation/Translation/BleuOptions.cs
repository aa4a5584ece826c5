namespace XlLoraOnnx.Evaluation;

/// <summary>How BLEU is computed; the defaults are sacreBLEU's.</summary>
public sealed record BleuOptions
{
    /// <summary>What counts as a word.</summary>
    public BleuTokenization Tokenization { get; init; } = BleuTokenization.Mteval13a;

    /// <summary>What is done about an order of n-grams of which none is matched.</summary>
    public BleuSmoothing Smoothing { get; init; } = BleuSmoothing.Exponential;

    /// <summary>For <see cref="BleuSmoothing.Floor"/> (null: 0.1) and <see cref="BleuSmoothing.AddK"/> (null: 1).</summary>
    public double? SmoothingValue { get; init; }

    /// <summary>The longest n-grams, 1 to 8.</summary>
    public int MaxOrder { get; init; } = 4;

    /// <summary>Leave out orders that a text is too short for; advised where single sentences are scored.</summary>
    public bool EffectiveOrder { get; init; }

    internal void Validate()
    {
        if (MaxOrder is < 1 or > 8)
            throw new ArgumentException($"MaxOrder of BLEU is {MaxOrder}; it must be from 1 to 8.");
        if (SmoothingValue is { } value && (!double.IsFinite(value) || value < 0))
            throw new ArgumentException($"SmoothingValue of BLEU is {value}; it must be 0 or more.");
    }
}

/// <summary>sacreBLEU's tokenizers.</summary>
public enum BleuTokenization
{
    /// <summary><c>13a</c>: as mteval-v13a.pl; for languages with spaces between words.</summary>
    Mteval13a,

    /// <summary><c>zh</c>: each Chinese character is a word, the rest as 13a.</summary>
    Chinese,

    /// <summary><c>char</c>: each character is a word.</summary>
    Characters,

    /// <summary><c>none</c>: what stands between white space is a word; for texts that are tokenized already.</summary>
    None,
}

/// <summary>Chen and Cherry (2014), by sacreBLEU's names.</summary>
public enum BleuSmoothing
{
    /// <summary><c>exp</c>: 1/2, 1/4, … of a match in place of none, as mteval-v13a.pl.</summary>
    Exponential,

    /// <summary><c>floor</c>: a small number of matches in place of none.</summary>
    Floor,

    /// <summary><c>add-k</c>: so many added to matches and n-grams from order 2 on.</summary>
    AddK,

    /// <summary><c>none</c>: 0, and so is the score.</summary>
    None,
}
