namespace XlLoraOnnx.Evaluation;

/// <summary>Two systems on the same segments, from what was counted of each.</summary>
internal static class TranslationComparison
{
    // sacreBLEU's number
    private const int Resamples = 1000;

    /// <param name="b">Its items in the order of A's.</param>
    /// <exception cref="InvalidDataException">The two were measured in different ways.</exception>
    public static IEnumerable<MetricComparison> Compare(
        ItemFile a, ItemFile b, double confidence, long seed, CancellationToken cancellationToken)
    {
        var metrics = TranslationItems.Metrics(a.Signatures, a.Path);
        for (int i = 0; i < metrics.Count; i++)
        {
            var (name, signature) = a.Signatures[i];
            var other = b.Signatures.FirstOrDefault(s => s.Key == name).Value ?? "missing";
            if (TranslationItems.Settings(signature) != TranslationItems.Settings(other))
                throw new InvalidDataException(
                    $"{name} was measured differently: {a.Path} has {signature}, {b.Path} has {other}. Measure both alike and compare " +
                    "again.");
            yield return Compare(
                a, TranslationItems.Counts(metrics[i], a.Items), TranslationItems.Counts(metrics[i], b.Items), confidence, seed,
                cancellationToken);
        }
    }

    private static MetricComparison Compare(
        ItemFile file, SegmentCounts a, SegmentCounts b, double confidence, long seed, CancellationToken cancellationToken)
    {
        var (scoreA, scoreB) = (a.Metric.FromSums(a.Sums()), b.Metric.FromSums(b.Sums()));
        var samples = Bootstrap.Run(
            a.Segments, Resamples, seed, 2, (drawn, values) => (values[0], values[1]) = (a.Score(drawn), b.Score(drawn)),
            cancellationToken);
        return new MetricComparison
        {
            TaskName = file.TaskName,
            Split = file.Split,
            Subset = file.Subset,
            Metric = a.Metric.Name,
            LowerIsBetter = false,
            Items = a.Segments,
            A = scoreA,
            B = scoreB,
            Interval = Bootstrap.Interval([.. samples[1].Zip(samples[0], (inB, inA) => inB - inA)], confidence),
            PValue = PairedBootstrap.PValue(samples[1], samples[0], scoreB - scoreA),
        };
    }
}
