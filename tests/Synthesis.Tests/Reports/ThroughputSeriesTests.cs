namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class ThroughputSeriesTests
{
    [TestMethod]
    public void ToPoints_ASteadyRun_IsOneRateHoweverLong()
    {
        foreach (var seconds in new[] { 3, 100, 10_000 })
        {
            var series = new ThroughputSeries(8);
            for (var i = 1; i <= 10 * seconds; i++)
                series.Add(TimeSpan.FromSeconds((i - 0.5) / 10), 2, 30);

            var points = series.ToPoints();

            Assert.IsTrue(points.Count is > 1 and <= 8, $"{points.Count} points for {seconds} s");
            foreach (var point in points)
            {
                Assert.AreEqual(20, point.RowsPerSecond, 0.25 * 20);
                Assert.AreEqual(15, point.TokensPerSecond / point.RowsPerSecond, 1e-9);
            }
            Assert.IsTrue(points[^1].Seconds <= seconds && points[^1].Seconds > 0.7 * seconds);
        }
    }

    [TestMethod]
    public void ToPoints_APause_IsZeroThere()
    {
        var series = new ThroughputSeries(4);
        series.Add(TimeSpan.FromSeconds(0.5), 4, 8);
        series.Add(TimeSpan.FromSeconds(2.9), 1, 1);

        CollectionAssert.AreEqual(new[] { 4.0, 0, 1 / 0.9 }, series.ToPoints().Select(p => Math.Round(p.RowsPerSecond, 9)).ToArray(),
            Comparer<double>.Create((a, b) => Math.Abs(a - b) < 1e-6 ? 0 : a.CompareTo(b)));
    }

    [TestMethod]
    public void ToPoints_OfNothing_IsEmpty() => Assert.IsEmpty(new ThroughputSeries().ToPoints());

    [TestMethod]
    public void Constructor_AnOddCapacity_IsRefused() => Assert.ThrowsExactly<ArgumentException>(() => new ThroughputSeries(7));
}
