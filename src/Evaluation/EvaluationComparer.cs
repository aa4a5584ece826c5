namespace XlLoraOnnx.Evaluation;

/// <summary>Says by paired bootstrap whether two evaluations of the same data really differ.</summary>
/// <remarks>Embeddings and predictions: 10,000 resamples, a two-sided p-value. Translations: 1,000, and the p-value as sacreBLEU's
/// <c>--paired-bs</c> has it.</remarks>
public static class EvaluationComparer
{
    private const int Resamples = 10_000;
    private static readonly string[] RetrievalMetrics = ["ndcg_at_10", "recall_at_10", "mrr_at_10"];

    /// <summary>Compares what <see cref="EmbeddingEvaluator.Write"/>, <see cref="TranslationEvaluator.Write"/> or <see
    /// cref="PredictionEvaluator.Write"/> wrote for two models: both see the same draws of items.</summary>
    /// <param name="folderA">Folder of results of one model.</param>
    /// <param name="folderB">Folder of results of the other.</param>
    /// <param name="confidence">Share of the resamples within an interval.</param>
    /// <param name="seed">Seed of the resampling.</param>
    /// <param name="cancellationToken">Ends the comparison.</param>
    /// <exception cref="DirectoryNotFoundException">A folder does not exist.</exception>
    /// <exception cref="InvalidDataException">A folder has no results, those of several models, or none that the other has as
    /// well.</exception>
    public static async Task<ComparisonReport> CompareAsync(
        string folderA, string folderB, double confidence = 0.95, long seed = 42, CancellationToken cancellationToken = default)
    {
        new EvaluationOptions { Confidence = confidence }.Validate();
        var a = await ItemFile.ReadFolderAsync(folderA, cancellationToken).ConfigureAwait(false);
        var b = (await ItemFile.ReadFolderAsync(folderB, cancellationToken).ConfigureAwait(false)).ToDictionary(f => f.Key);
        var metrics = new List<MetricComparison>();
        foreach (var file in a.Where(f => b.ContainsKey(f.Key)))
        {
            var other = b[file.Key] with { Items = Aligned(file, b[file.Key]) };
            metrics.AddRange(file.Task == EvaluationTask.Translation
                ? TranslationComparison.Compare(file, other, confidence, seed, cancellationToken)
                : Compare(file, other.Items, confidence, seed, cancellationToken));
        }
        if (metrics.Count == 0)
            throw new InvalidDataException(
                $"{folderA} and {folderB} have no result of the same data: {string.Join("; ", a.Select(f => f.Key))} here, " +
                $"{string.Join("; ", b.Keys)} there.");
        var keysOfA = a.Select(f => f.Key).ToHashSet();
        return new ComparisonReport
        {
            ModelA = Title(a[0]),
            ModelB = Title(b.Values.First()),
            Confidence = confidence,
            Metrics = metrics,
            Unmatched =
            [
                .. keysOfA.Where(k => !b.ContainsKey(k)).Select(k => $"only A has {k}"),
                .. b.Keys.Where(k => !keysOfA.Contains(k)).Select(k => $"only B has {k}"),
            ],
        };
    }

    private static string Title(ItemFile file)
    {
        var setting = file.Setting is null ? "" : $"{file.Setting}, ";
        return $"{file.Model} ({setting}{EmbeddingModelIdentity.RevisionOf(file.Fingerprint)})";
    }

    /// <summary>B's items in the order of A's; the same ones, or the comparison means nothing.</summary>
    private static ItemScores Aligned(ItemFile a, ItemFile b)
    {
        var places = b.Items.Ids.Index().ToDictionary(i => i.Item, i => i.Index, StringComparer.Ordinal);
        var missing = a.Items.Ids.Count(id => !places.ContainsKey(id));
        if (missing > 0 || a.Items.Ids.Count != b.Items.Ids.Count)
            throw new InvalidDataException(
                $"{a.Path} has {a.Items.Ids.Count} items and {b.Path} has {b.Items.Ids.Count}, {missing} of the first are not in the " +
                "second; only evaluations of the same data can be compared.");
        return b.Items with
        {
            Ids = a.Items.Ids,
            Values = [.. b.Items.Values.Select(v => a.Items.Ids.Select(id => v[places[id]]).ToArray())],
        };
    }

    private static IEnumerable<MetricComparison> Compare(
        ItemFile file, ItemScores b, double confidence, long seed, CancellationToken cancellationToken)
    {
        var a = file.Items;
        if (PredictionMetric.Measures(file.Task))
        {
            foreach (var (inA, inB) in PredictionMetric.Of(file.Task, a).Zip(PredictionMetric.Of(file.Task, b)))
                yield return Compare(file, inA.Name, inA.Score.Invoke, inB.Score.Invoke, confidence, seed, cancellationToken);
            yield break;
        }
        if (file.Task == EvaluationTask.Sts)
        {
            var gold = a[StsEvaluation.GoldColumn];
            var (inA, inB) = (
                new ResampledCorrelation(gold, a[StsEvaluation.CosineColumn]),
                new ResampledCorrelation(gold, b[StsEvaluation.CosineColumn]));
            yield return Compare(file, StsEvaluation.MainMetric, inA.Spearman, inB.Spearman, confidence, seed, cancellationToken);
            yield break;
        }
        string[] columns = file.Task == EvaluationTask.Retrieval ? RetrievalMetrics : [a.Columns[0]];
        foreach (var column in columns)
        {
            var (inA, inB) = (a[column], b[column]);
            var name = file.Task == EvaluationTask.Alignment ? StsEvaluation.AlignmentMetric : column;
            yield return Compare(file, name, drawn => Mean(inA, drawn), drawn => Mean(inB, drawn), confidence, seed, cancellationToken);
        }
    }

    private delegate double Score(ReadOnlySpan<int> drawn);

    private static MetricComparison Compare(
        ItemFile file, string metric, Score a, Score b, double confidence, long seed, CancellationToken cancellationToken)
    {
        var items = file.Items.Ids.Count;
        int[] all = [.. Enumerable.Range(0, items)];
        var differences = Bootstrap.Run(
            items, Resamples, seed, 1, (drawn, values) => values[0] = b(drawn) - a(drawn), cancellationToken)[0];
        return new MetricComparison
        {
            TaskName = file.TaskName,
            Split = file.Split,
            Subset = file.Subset,
            Metric = metric,
            LowerIsBetter = file.Task == EvaluationTask.Alignment,
            Items = items,
            A = a(all),
            B = b(all),
            Interval = Bootstrap.Interval(differences, confidence),
            PValue = Bootstrap.PValue(differences),
        };
    }

    private static double Mean(double[] values, ReadOnlySpan<int> drawn)
    {
        double sum = 0;
        foreach (var item in drawn)
            sum += values[item];
        return sum / drawn.Length;
    }
}
