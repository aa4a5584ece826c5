namespace XlLoraOnnx.Evaluation;

/// <summary>One query's ranking against its judgements, as trec_eval counts: linear gain, relevant from grade 1, all grades in the
/// ideal.</summary>
internal static class RetrievalMetrics
{
    /// <summary>Ranks at which MTEB cuts.</summary>
    public static readonly int[] Cuts = [1, 3, 5, 10, 20, 100, 1000];

    private static readonly string[] Families = ["ndcg", "map", "recall", "precision", "mrr", "hit_rate"];

    /// <summary>Names in the order of the values, as MTEB writes them: <c>ndcg_at_1</c>, …</summary>
    public static readonly string[] Names = [.. Families.SelectMany(f => Cuts.Select(k => $"{f}_at_{k}"))];

    /// <param name="grades">Grades of the retrieved documents in their order, 0 where not judged: [retrieved].</param>
    /// <param name="judged">Every grade that the query has, also of documents that are not in the corpus.</param>
    /// <returns>A value for each of <see cref="Names"/>.</returns>
    public static double[] Of(ReadOnlySpan<int> grades, IEnumerable<int> judged)
    {
        int[] ideal = [.. judged.Where(g => g > 0).OrderDescending()];
        var values = new double[Names.Length];
        double gain = 0, idealGain = 0, precisions = 0, firstHit = 0;
        int found = 0, cut = 0;
        for (int rank = 1; rank <= Cuts[^1]; rank++)
        {
            double discount = Math.Log2(rank + 1);
            if (rank <= ideal.Length)
                idealGain += ideal[rank - 1] / discount;
            if (rank <= grades.Length && grades[rank - 1] > 0)
            {
                gain += grades[rank - 1] / discount;
                found++;
                precisions += (double)found / rank;
                if (found == 1)
                    firstHit = 1.0 / rank;
            }
            if (rank != Cuts[cut])
                continue;
            double[] families =
            [
                idealGain > 0 ? gain / idealGain : 0,
                ideal.Length > 0 ? precisions / ideal.Length : 0,
                ideal.Length > 0 ? (double)found / ideal.Length : 0,
                (double)found / rank,
                firstHit,
                found > 0 ? 1 : 0,
            ];
            for (int family = 0; family < families.Length; family++)
                values[family * Cuts.Length + cut] = families[family];
            cut++;
        }
        return values;
    }
}
