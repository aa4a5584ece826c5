using System.Globalization;
using System.Numerics.Tensors;
using System.Security.Cryptography;
using System.Text;

namespace XlLoraOnnx.Evaluation;

/// <summary>Correlation of human scores with cosine, Manhattan and Euclidean closeness; and alignment of the closest pairs.</summary>
internal static class StsEvaluation
{
    public const string MainMetric = "cosine_spearman";
    public const string AlignmentMetric = "alignment";
    public const string GoldColumn = "gold";
    public const string CosineColumn = "cosine";
    private const string UniformityMetric = "uniformity";
    private const string DistanceColumn = "squared_distance";
    private const int FewestPairs = 3;
    private static readonly string[] Columns = [GoldColumn, CosineColumn, "manhattan", "euclidean"];

    // MTEB's names in its order; without a prefix: the model's own similarity, which is the cosine here.
    private static readonly string[] Names =
    [
        "pearson", "spearman", "cosine_pearson", MainMetric, "manhattan_pearson", "manhattan_spearman", "euclidean_pearson",
        "euclidean_spearman",
    ];

    public static async Task<IReadOnlyList<EvaluationResult>> RunAsync(EvaluationRun run, StsData data, CancellationToken cancellationToken)
    {
        string[] sentences = [.. data.Pairs.Select(p => p.Sentence1), .. data.Pairs.Select(p => p.Sentence2)];
        var texts = await run.EmbedAsync(sentences, cancellationToken, run.Prompts.ForSentences(data.Name)).ConfigureAwait(false);
        var results = new List<EvaluationResult>();
        if (run.Options.Task is not EvaluationTask.Alignment)
            results.Add(Correlate(run, data, texts, cancellationToken));
        if (run.Options.Task is not EvaluationTask.Sts)
            results.Add(Align(run, data, texts, sentences, cancellationToken));
        return results;
    }

    /// <returns>Why no score is defined for the pairs, whatever the model; null where all are.</returns>
    public static string? Problem(StsData data, EvaluationOptions options)
    {
        if (data.Pairs.Count < FewestPairs)
            return $"{data.Source}, subset {data.Name.Subset}, has {data.Pairs.Count} pairs; at least {FewestPairs} are needed for a " +
                "correlation to mean anything.";
        if (data.Pairs.All(p => p.Score == data.Pairs[0].Score))
            return $"{data.Source}, subset {data.Name.Subset}: all {data.Pairs.Count} pairs have the score {data.Pairs[0].Score}; " +
                "a correlation with a constant is not defined.";
        if (options.Task is not EvaluationTask.Sts && data.Pairs.All(p => p.Score < options.AlignmentThreshold))
            return $"{data.Source}: no pair has a score of {options.AlignmentThreshold} or more (the highest is " +
                $"{data.Pairs.Max(p => p.Score)}); alignment needs some.";
        return null;
    }

    private static EvaluationResult Correlate(EvaluationRun run, StsData data, EmbeddedTexts texts, CancellationToken cancellationToken)
    {
        double[] gold = [.. data.Pairs.Select(p => p.Score)];
        var closeness = Closeness(data, texts);
        var constant = closeness.Index().FirstOrDefault(c => Correlation.IsConstant(c.Item), (-1, []));
        if (constant.Index >= 0)
            throw new InvalidDataException(
                $"{data.Source}: all {gold.Length} pairs have the {Columns[constant.Index + 1]} score {constant.Item[0]}; a " +
                "correlation with a constant is not defined. Does the embedder give every text the same vector?");
        ResampledCorrelation[] correlations = [.. closeness.Select(c => new ResampledCorrelation(gold, c))];
        var metrics = run.WithIntervals(Names, gold.Length, (drawn, values) =>
        {
            for (int i = 0; i < correlations.Length; i++)
            {
                values[2 + 2 * i] = correlations[i].Pearson(drawn);
                values[3 + 2 * i] = correlations[i].Spearman(drawn);
            }
            (values[0], values[1]) = (values[2], values[3]);
        }, cancellationToken);
        return run.Result(EvaluationTask.Sts, MainMetric, metrics, new ItemScores(Ids(data.Pairs), Columns, [gold, .. closeness]));
    }

    /// <summary>Cosine, and negative Manhattan and Euclidean distance, of each pair.</summary>
    private static double[][] Closeness(StsData data, EmbeddedTexts texts)
    {
        double[][] closeness = [new double[data.Pairs.Count], new double[data.Pairs.Count], new double[data.Pairs.Count]];
        var (x, y) = (new double[texts.Matrix.Dimension], new double[texts.Matrix.Dimension]);
        for (int i = 0; i < data.Pairs.Count; i++)
        {
            Widen(texts[data.Pairs[i].Sentence1], x);
            Widen(texts[data.Pairs[i].Sentence2], y);
            // Pairs of equal texts tie exactly; rounding would put them into an order.
            closeness[0][i] = x.AsSpan().SequenceEqual(y) ? 1 : TensorPrimitives.CosineSimilarity<double>(x, y);
            closeness[2][i] = -TensorPrimitives.Distance<double>(x, y);
            TensorPrimitives.Subtract(x, y, x);
            closeness[1][i] = -TensorPrimitives.SumOfMagnitudes<double>(x);
        }
        return closeness;
    }

    private static EvaluationResult Align(
        EvaluationRun run, StsData data, EmbeddedTexts texts, string[] sentences, CancellationToken cancellationToken)
    {
        var threshold = run.Options.AlignmentThreshold ?? data.Pairs.Max(p => p.Score);
        StsPair[] pairs = [.. data.Pairs.Where(p => p.Score >= threshold)];
        double[] distances = [.. pairs.Select(p => AlignmentUniformity.SquaredDistance(texts[p.Sentence1], texts[p.Sentence2]))];
        var alignment = run.WithIntervals([AlignmentMetric], pairs.Length, (drawn, values) =>
        {
            double sum = 0;
            foreach (var item in drawn)
                sum += distances[item];
            values[0] = sum / drawn.Length;
        }, cancellationToken);
        var uniformity = AlignmentUniformity.Uniformity(texts.Matrix, [.. sentences.Select(texts.RowOf)], cancellationToken);
        return run.Result(
            EvaluationTask.Alignment, AlignmentMetric, [.. alignment, new MetricScore(UniformityMetric, uniformity, null)],
            new ItemScores(Ids(pairs), [DistanceColumn], [distances]),
            string.Create(CultureInfo.InvariantCulture,
                $"alignment over {pairs.Length} pairs with a score of {threshold} or more, uniformity over all {sentences.Length} " +
                $"sentences"));
    }

    /// <summary>The line, and a hash by which a comparison notices that two runs saw different data.</summary>
    private static string[] Ids(IReadOnlyList<StsPair> pairs) => [.. pairs.Select(p =>
    {
        var content = string.Create(CultureInfo.InvariantCulture, $"{p.Sentence1}\0{p.Sentence2}\0{p.Score}");
        return $"{p.Line}#{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)).AsSpan(0, 4))}";
    })];

    private static void Widen(ReadOnlySpan<float> vector, Span<double> wide)
    {
        for (int i = 0; i < vector.Length; i++)
            wide[i] = vector[i];
    }
}
