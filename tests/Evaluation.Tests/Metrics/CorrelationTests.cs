using System.Text.Json;

namespace XlLoraOnnx.Evaluation.Tests;

[TestClass]
public sealed class CorrelationTests
{
    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void SpearmanAndPearson_ReferenceCases_AreEqualToScipy(int index)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Repository.Data("refs", "metrics", "sts.json")));
        var reference = document.RootElement[index];
        var gold = reference.GetProperty("gold").Deserialize<double[]>()!;
        var predicted = reference.GetProperty("predicted").Deserialize<double[]>()!;

        Assert.AreEqual(reference.GetProperty("spearman").GetDouble(), Correlation.Spearman(gold, predicted), 1e-9);
        Assert.AreEqual(reference.GetProperty("pearson").GetDouble(), Correlation.Pearson(gold, predicted), 1e-9);
    }

    [TestMethod]
    public void AverageRanks_EqualValues_ShareTheAverage()
    {
        CollectionAssert.AreEqual(new[] { 3.5, 1, 3.5, 2, 5 }, Correlation.AverageRanks([7, -1, 7, 0, 9]));
    }

    [TestMethod]
    public void Pearson_ConstantWhoseMeanIsRounded_IsNotANumber()
    {
        double[] constant = [0.1, 0.1, 0.1];

        Assert.IsTrue(double.IsNaN(Correlation.Pearson(constant, [1, 2, 4])));
        Assert.IsTrue(double.IsNaN(Correlation.Spearman([1, 2, 4], constant)));
    }

    [TestMethod]
    public void Spearman_NotANumber_IsRefused()
    {
        var e = Assert.ThrowsExactly<ArgumentException>(() => Correlation.Spearman([1, double.NaN], [1, 2]));

        StringAssert.Contains(e.Message, "Pair 1");
    }

    [TestMethod]
    public void ResampledCorrelation_AnyDraw_IsTheCorrelationOfTheDrawnPairs()
    {
        double[] x = [.. Enumerable.Range(0, 60).Select(i => (double)(i * 7 % 11))];
        double[] y = [.. Enumerable.Range(0, 60).Select(i => i * 13 % 17 + i / 10.0)];
        var resampled = new ResampledCorrelation(x, y);
        for (var sample = 0; sample < 20; sample++)
        {
            int[] drawn = [.. Enumerable.Range(0, 60).Select(j => CounterRandom.Below(60, 1, (ulong)sample, (ulong)j))];
            double[] drawnX = [.. drawn.Select(i => x[i])], drawnY = [.. drawn.Select(i => y[i])];

            Assert.AreEqual(Correlation.Spearman(drawnX, drawnY), resampled.Spearman(drawn), 1e-12);
            Assert.AreEqual(Correlation.Pearson(drawnX, drawnY), resampled.Pearson(drawn), 1e-12);
        }
    }
}
