namespace XlLoraOnnx.Synthesis;

/// <summary>Judged triplets and how many of them are right.</summary>
/// <param name="Count">Triplets judged.</param>
/// <param name="Entailments">Positives that follow from their anchor.</param>
/// <param name="Contradictions">Hard negatives that contradict their anchor.</param>
public sealed record TruthShares(int Count, int Entailments, int Contradictions)
{
    /// <summary>Share of positives that follow from their anchor, 0 to 1; NaN when none was judged.</summary>
    public double EntailmentShare => (double)Entailments / Count;

    /// <summary>Share of hard negatives that contradict their anchor, 0 to 1; NaN when none was judged.</summary>
    public double ContradictionShare => (double)Contradictions / Count;

    internal TruthShares Add(TripletJudgement judgement) => new(
        Count + 1,
        Entailments + (judgement.PositiveIsEntailment ? 1 : 0),
        Contradictions + (judgement.NegativeIsContradiction ? 1 : 0));
}
