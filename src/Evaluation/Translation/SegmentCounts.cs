namespace XlLoraOnnx.Evaluation;

/// <summary>What a metric counted of each segment of one system.</summary>
internal sealed class SegmentCounts
{
    private readonly double[] _counts;

    public SegmentCounts(TranslationMetric metric, double[] counts) => (Metric, _counts) = (metric, counts);

    /// <exception cref="ArgumentException">Not equally many, none, or a segment without a reference.</exception>
    public SegmentCounts(
        TranslationMetric metric, IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references)
    {
        if (hypotheses.Count != references.Count || hypotheses.Count == 0)
            throw new ArgumentException(
                $"There are {hypotheses.Count} hypotheses and references of {references.Count} segments; they must be equally many, and " +
                "at least one.");
        if (references.Index().FirstOrDefault(r => r.Item.Count == 0, (-1, [])) is { Index: >= 0 } bare)
            throw new ArgumentException($"Segment {bare.Index} (counted from 0) has no reference; each needs at least one.");
        Metric = metric;
        _counts = new double[hypotheses.Count * metric.Width];
        Parallel.For(0, hypotheses.Count, i => metric.Count(hypotheses[i], references[i], _counts.AsSpan(i * metric.Width, metric.Width)));
    }

    public TranslationMetric Metric { get; }

    public int Segments => _counts.Length / Metric.Width;

    public ReadOnlySpan<double> Of(int segment) => _counts.AsSpan(segment * Metric.Width, Metric.Width);

    public double[] Sums()
    {
        var sums = new double[Metric.Width];
        for (int segment = 0; segment < Segments; segment++)
            Add(segment, sums);
        return sums;
    }

    /// <summary>The score of a corpus of drawn segments.</summary>
    public double Score(ReadOnlySpan<int> drawn)
    {
        Span<double> sums = stackalloc double[Metric.Width];
        sums.Clear();
        foreach (var segment in drawn)
            Add(segment, sums);
        return Metric.FromSums(sums);
    }

    private void Add(int segment, Span<double> sums) => System.Numerics.Tensors.TensorPrimitives.Add<double>(sums, Of(segment), sums);
}
