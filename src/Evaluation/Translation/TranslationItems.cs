using System.Globalization;

namespace XlLoraOnnx.Evaluation;

/// <summary>What was counted of each segment, as columns of a file of items: enough to score and compare anew without the texts.</summary>
internal static class TranslationItems
{
    /// <summary>For each metric its score of the single segment, <c>BLEU</c>, and the counts, <c>BLEU.0</c> and on.</summary>
    public static ItemScores Of(string[] ids, SegmentCounts[] counts)
    {
        var columns = new List<string>();
        var values = new List<double[]>();
        foreach (var metric in counts)
        {
            columns.Add(metric.Metric.Name);
            values.Add([.. Enumerable.Range(0, metric.Segments).Select(s => metric.Metric.FromSums(metric.Of(s)))]);
            for (int i = 0; i < metric.Metric.Width; i++)
            {
                columns.Add(string.Create(CultureInfo.InvariantCulture, $"{metric.Metric.Name}.{i}"));
                values.Add([.. Enumerable.Range(0, metric.Segments).Select(s => metric.Of(s)[i])]);
            }
        }
        return new ItemScores(ids, columns, values);
    }

    /// <summary>The counts of one metric, back from the columns.</summary>
    public static SegmentCounts Counts(TranslationMetric metric, ItemScores items)
    {
        var counts = new double[items.Ids.Count * metric.Width];
        for (int i = 0; i < metric.Width; i++)
        {
            var column = items[string.Create(CultureInfo.InvariantCulture, $"{metric.Name}.{i}")];
            for (int s = 0; s < column.Length; s++)
                counts[s * metric.Width + i] = column[s];
        }
        return new SegmentCounts(metric, counts);
    }

    /// <summary>The metrics of a run, from the signatures in its file.</summary>
    /// <exception cref="InvalidDataException">A signature is none that this version writes.</exception>
    public static IReadOnlyList<TranslationMetric> Metrics(IReadOnlyList<KeyValuePair<string, string>> signatures, string path) =>
        [.. signatures.Select(s => Metric(s.Key, s.Value) ?? throw new InvalidDataException(
            $"{path}: the signature of {s.Key} is \"{s.Value}\", which this version does not write; write it again with " +
            "evaluate --output."))];

    /// <summary>What of a signature says how counts were made; the resampling does not.</summary>
    public static string Settings(string signature) => string.Join('|', signature.Split('|')
        .Where(p => !p.StartsWith("bs:", StringComparison.Ordinal) && !p.StartsWith("seed:", StringComparison.Ordinal)));

    private static TranslationMetric? Metric(string name, string signature) =>
        Measured().FirstOrDefault(m => m.Name == name && signature.Contains(m.Settings, StringComparison.Ordinal));

    /// <summary>All that evaluate can be asked for.</summary>
    private static IEnumerable<TranslationMetric> Measured() =>
    [
        new ChrfMetric(), new ChrfMetric(new ChrfOptions { WordOrder = 2 }),
        .. from tokenization in Enum.GetValues<BleuTokenization>()
           from smoothing in Enum.GetValues<BleuSmoothing>()
           select new BleuMetric(new BleuOptions { Tokenization = tokenization, Smoothing = smoothing }),
    ];
}
