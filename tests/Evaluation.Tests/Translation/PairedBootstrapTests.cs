namespace XlLoraOnnx.Evaluation.Tests;

[TestClass]
public sealed class PairedBootstrapTests
{
    /// <summary>Of 100 sorted scores the third and the 98th: 100 / 40 rounded down are left out at either end.</summary>
    [TestMethod]
    public void Interval_HundredSamples_LeavesOutTwoAtEitherEnd()
    {
        double[] samples = [.. Enumerable.Range(0, 100).Reverse().Select(i => (double)i)];

        Assert.AreEqual(new ScoreInterval(2, 97), PairedBootstrap.Interval(samples));
    }

    /// <summary>Differences 1, 2, 3, 6 have the mean 3; less it: −2, −1, 0, 3. One is above 2 and above 0, none above 3.</summary>
    [TestMethod]
    [DataRow(2, 2.0 / 5)]
    [DataRow(-2, 2.0 / 5)]
    [DataRow(3, 1.0 / 5)]
    [DataRow(0, 2.0 / 5)]
    public void PValue_ReckonedByHand_IsEqual(double difference, double expected) =>
        Assert.AreEqual(expected, PairedBootstrap.PValue([1, 8, 3, 10], [0, 10, 6, 4], difference), 1e-12);

    /// <summary>A system beside itself is no coincidence: sacreBLEU counts what is above the difference, not what equals it.</summary>
    [TestMethod]
    public void PValue_SameSystem_IsTheLeastThereIs() =>
        Assert.AreEqual(1.0 / 4, PairedBootstrap.PValue([1, 2, 3], [1, 2, 3], 0), 1e-12);
}
