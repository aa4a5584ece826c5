namespace XlLoraOnnx.Evaluation.Tests;

[TestClass]
public sealed class BootstrapTests
{
    [TestMethod]
    public void CounterRandom_KnownCounters_GiveTheRecordedNumbers()
    {
        // From another implementation of the formula: intervals must stay what they are between versions and machines.
        int[] numbers = [.. Enumerable.Range(0, 6).Select(i => CounterRandom.Below(1000, 42, 3, (ulong)i))];

        CollectionAssert.AreEqual(RecordedNumbers, numbers);
    }

    [TestMethod]
    public void CounterRandom_ManyDraws_AreUniform()
    {
        var counts = new int[10];
        for (ulong i = 0; i < 100_000; i++)
            counts[CounterRandom.Below(10, 1, i % 100, i)]++;

        foreach (var count in counts)
            Assert.AreEqual(10_000, count, 400);
    }

    [TestMethod]
    public void Run_Mean_IntervalIsThatOfTheNormalApproximation()
    {
        double[] values = [.. Enumerable.Range(0, 400).Select(i => (double)(i % 20))];
        double standardError = Math.Sqrt(values.Select(v => (v - 9.5) * (v - 9.5)).Average() / 400);

        var interval = Bootstrap.Interval(Bootstrap.Run(400, 2000, 42, 1, (drawn, means) => means[0] = Mean(values, drawn))[0], 0.95)!;

        Assert.AreEqual(9.5 - 1.96 * standardError, interval.Low, 0.06);
        Assert.AreEqual(9.5 + 1.96 * standardError, interval.High, 0.06);
    }

    [TestMethod]
    public void Run_SameSeed_SameSamplesAndOtherSeedOthers()
    {
        double[] Samples(long seed) => Bootstrap.Run(50, 100, seed, 1, (drawn, values) => values[0] = drawn[0] + drawn[^1])[0];

        CollectionAssert.AreEqual(Samples(1), Samples(1));
        CollectionAssert.AreNotEqual(Samples(1), Samples(2));
    }

    [TestMethod]
    public void Interval_UndefinedTooOften_IsNone()
    {
        double[] samples = [.. Enumerable.Range(0, 100).Select(i => i < 6 ? double.NaN : i)];

        Assert.IsNull(Bootstrap.Interval(samples, 0.95));
        samples[5] = 5;
        Assert.IsNotNull(Bootstrap.Interval(samples, 0.95));
    }

    [TestMethod]
    public void PValue_NoDifference_IsOneAndAClearOneTheSmallestPossible()
    {
        Assert.AreEqual(1, Bootstrap.PValue(new double[99]));
        Assert.AreEqual(0.02, Bootstrap.PValue([.. Enumerable.Repeat(0.5, 99)]), 1e-12);
    }

    private static readonly int[] RecordedNumbers = [199, 480, 65, 616, 652, 667];

    private static double Mean(double[] values, ReadOnlySpan<int> drawn)
    {
        double sum = 0;
        foreach (var item in drawn)
            sum += values[item];
        return sum / drawn.Length;
    }
}
