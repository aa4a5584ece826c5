using System.Globalization;

namespace XlLoraOnnx.Evaluation;

/// <summary>A score of translations against references, by sacreBLEU's definition: <see cref="BleuMetric"/>, <see
/// cref="ChrfMetric"/>.</summary>
/// <remarks>Safe for concurrent use. A score of a corpus comes from sums of counts over its segments and is no mean of their
/// scores.</remarks>
public abstract class TranslationMetric
{
    /// <summary>The version of sacreBLEU whose definitions are followed, and which signatures name.</summary>
    public const string DefinitionVersion = "2.6.0";

    private protected TranslationMetric()
    {
    }

    /// <summary>sacreBLEU's name: <c>BLEU</c>, <c>chrF2</c>, <c>chrF2++</c>.</summary>
    public abstract string Name { get; }

    /// <summary>How many numbers <see cref="Count"/> counts.</summary>
    internal abstract int Width { get; }

    /// <summary>The part of the signature that says how: <c>case:mixed|eff:no|tok:13a|smooth:exp</c>.</summary>
    internal abstract string Settings { get; }

    /// <summary>The score of a corpus, 0 to 100.</summary>
    /// <param name="hypotheses">A translation for each segment; empty ones count as such.</param>
    /// <param name="references">For each segment its references, one or more. (sacreBLEU takes them the other way round.)</param>
    /// <exception cref="ArgumentException">The two are not equally many, there are none, or a segment has no reference.</exception>
    public TranslationScore Score(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references)
    {
        ArgumentNullException.ThrowIfNull(hypotheses);
        ArgumentNullException.ThrowIfNull(references);
        var counts = new SegmentCounts(this, hypotheses, references);
        var sums = counts.Sums();
        return new TranslationScore(Name, FromSums(sums), Signature(References(references))) { Details = Details(sums) };
    }

    /// <summary>The score of one segment, 0 to 100: for BLEU, take <see cref="BleuOptions.EffectiveOrder"/>.</summary>
    /// <inheritdoc cref="Score" path="/exception"/>
    public TranslationScore ScoreSentence(string hypothesis, IReadOnlyList<string> references) => Score([hypothesis], [references]);

    /// <summary>As sacreBLEU writes it; <c>version</c> is that of the definition.</summary>
    /// <param name="references">How many a segment has; null where that varies.</param>
    /// <param name="resamples">Of the bootstrap; 0 for none.</param>
    /// <param name="seed">Of the bootstrap.</param>
    internal string Signature(int? references, int resamples = 0, long seed = 0)
    {
        var bootstrap = resamples == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"bs:{resamples}|seed:{seed}|");
        return $"nrefs:{references?.ToString(CultureInfo.InvariantCulture) ?? "var"}|{bootstrap}{Settings}|version:{DefinitionVersion}";
    }

    /// <returns>How many references each segment has; null where that varies.</returns>
    internal static int? References(IReadOnlyList<IReadOnlyList<string>> references) =>
        references.All(r => r.Count == references[0].Count) ? references[0].Count : null;

    /// <summary>Counts of a segment, of which sums over segments give a score.</summary>
    internal abstract void Count(string hypothesis, IReadOnlyList<string> references, Span<double> counts);

    internal abstract double FromSums(ReadOnlySpan<double> sums);

    internal abstract string? Details(ReadOnlySpan<double> sums);
}
