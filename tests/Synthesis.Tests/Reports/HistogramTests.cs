namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class HistogramTests
{
    [TestMethod]
    public void Add_ValuesAtAndBetweenEdges_CountInTheirBins()
    {
        var histogram = new Histogram(0, 10, 20);
        foreach (var value in new long[] { -1, 0, 9, 10, 19, 20, 1_000_000 })
            histogram.Add(value);
        histogram.Add(15, 3);
        histogram.Add(15, 0);

        var data = histogram.ToData();

        CollectionAssert.AreEqual(new long[] { 3, 5, 2 }, data.Counts.ToArray());
        Assert.AreEqual(-1, data.Least);
        Assert.AreEqual(1_000_000, data.Most);
        Assert.AreEqual((-1 + 9 + 10 + 19 + 20 + 1_000_000 + 45) / 10.0, data.Mean);
    }

    [TestMethod]
    public void ToData_OfNothing_HasNoMean()
    {
        var data = Histogram.Linear(5, 3).ToData();

        CollectionAssert.AreEqual(new long[] { 0, 5, 10 }, data.Edges.ToArray());
        Assert.IsNull(data.Mean);
        Assert.IsNull(data.Least);
    }

    [TestMethod]
    public void Doubling_Edges_AreOneTwoThreeFiveNine() =>
        CollectionAssert.AreEqual(new long[] { 1, 2, 3, 5, 9, 17 }, Histogram.Doubling(6).ToData().Edges.ToArray());

    [TestMethod]
    public void Constructor_EdgesThatDoNotAscend_AreRefused()
    {
        var refused = Assert.ThrowsExactly<ArgumentException>(() => new Histogram(0, 5, 5));

        StringAssert.Contains(refused.Message, "5 is followed by 5");
    }
}
