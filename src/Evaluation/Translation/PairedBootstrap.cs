namespace XlLoraOnnx.Evaluation;

/// <summary>What sacreBLEU makes of resampled scores (<c>--confidence</c>, <c>--paired-bs</c>; after Koehn 2004).</summary>
/// <remarks>The draws are those of <see cref="Bootstrap"/> and not of numpy, so numbers agree with sacreBLEU's as those of another seed
/// do.</remarks>
internal static class PairedBootstrap
{
    /// <summary>Without one in forty at either end.</summary>
    public static ScoreInterval Interval(double[] samples)
    {
        double[] sorted = [.. samples.Order()];
        var cut = sorted.Length / 40;
        return new ScoreInterval(sorted[cut], sorted[sorted.Length - cut - 1]);
    }

    /// <summary>How often resampled differences, moved so that they have the mean 0, are above the real one.</summary>
    public static double PValue(double[] samples, double[] baseline, double difference)
    {
        double[] differences = [.. samples.Zip(baseline, (a, b) => Math.Abs(a - b))];
        var mean = differences.Average();
        return (differences.Count(d => d - mean > Math.Abs(difference)) + 1.0) / (differences.Length + 1);
    }
}
