using System.Buffers;

namespace XlLoraOnnx.Evaluation;

/// <summary>Bootstrap: a statistic computed anew on items drawn with replacement (Efron and Tibshirani 1993).</summary>
internal static class Bootstrap
{
    /// <summary>A statistic of the drawn items; several at once, so that they share the draws. Called on several threads.</summary>
    public delegate void Statistic(ReadOnlySpan<int> drawn, Span<double> values);

    /// <summary>[statistic][sample]; draw j of sample s depends on (seed, s, j) alone.</summary>
    public static double[][] Run(
        int items, int samples, long seed, int statistics, Statistic statistic, CancellationToken cancellationToken = default)
    {
        var results = new double[statistics][];
        for (int i = 0; i < statistics; i++)
            results[i] = new double[samples];
        Parallel.For(0, samples, new ParallelOptions { CancellationToken = cancellationToken }, sample =>
        {
            var drawn = ArrayPool<int>.Shared.Rent(items);
            Span<double> values = stackalloc double[statistics];
            for (int j = 0; j < items; j++)
                drawn[j] = CounterRandom.Below(items, (ulong)seed, (ulong)sample, (ulong)j);
            statistic(drawn.AsSpan(0, items), values);
            for (int i = 0; i < statistics; i++)
                results[i][sample] = values[i];
            ArrayPool<int>.Shared.Return(drawn);
        });
        return results;
    }

    /// <summary>Percentile interval; null where more than one sample in twenty left the statistic undefined.</summary>
    public static ScoreInterval? Interval(double[] samples, double confidence)
    {
        var defined = samples.Where(double.IsFinite).Order().ToArray();
        if (defined.Length == 0 || samples.Length - defined.Length > samples.Length / 20)
            return null;
        return new ScoreInterval(Quantile(defined, (1 - confidence) / 2), Quantile(defined, (1 + confidence) / 2));
    }

    /// <summary>Two-sided: how often a resampled difference lies on the other side of zero, doubled; never below 2 / (samples +
    /// 1).</summary>
    public static double PValue(double[] differences)
    {
        var defined = differences.Where(double.IsFinite).ToArray();
        if (defined.Length == 0)
            return 1;
        var below = (1.0 + defined.Count(d => d <= 0)) / (defined.Length + 1);
        var above = (1.0 + defined.Count(d => d >= 0)) / (defined.Length + 1);
        return Math.Min(1, 2 * Math.Min(below, above));
    }

    /// <summary>Linear between the two nearest sorted values.</summary>
    private static double Quantile(double[] sorted, double share)
    {
        var place = share * (sorted.Length - 1);
        var low = (int)Math.Floor(place);
        var high = Math.Min(low + 1, sorted.Length - 1);
        return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
    }
}
