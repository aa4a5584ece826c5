namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class RowSampleTests
{
    [TestMethod]
    public void ToRows_InWhateverOrderTheyCame_AreTheSameRows()
    {
        var forward = Sampled(Enumerable.Range(0, 10_000));
        var backward = Sampled(Enumerable.Range(0, 10_000).Reverse());

        CollectionAssert.AreEqual(forward, backward);
        Assert.HasCount(500, forward);
        CollectionAssert.AreEqual(forward.Order().ToArray(), forward);
    }

    [TestMethod]
    public void ToRows_OfManyRows_AreSpreadOverAllOfThem()
    {
        var rows = Sampled(Enumerable.Range(0, 10_000));

        foreach (var tenth in rows.GroupBy(r => r / 1_000))
            Assert.IsTrue(tenth.Count() is > 25 and < 80, $"{tenth.Count()} of 50 expected from the tenth {tenth.Key}");
        Assert.AreEqual(10, rows.Select(r => r / 1_000).Distinct().Count());
    }

    [TestMethod]
    public void ToRows_OfFewRows_AreAllOfThem() => CollectionAssert.AreEqual(new long[] { 3, 5 }, Sampled([5, 3]));

    [TestMethod]
    public void Wants_ARowWithoutAPlace_IsFalse()
    {
        var sample = new RowSample(1);
        foreach (var row in Enumerable.Range(0, 100))
            sample.Add(ReportSamples.Row(row));

        Assert.HasCount(0, Enumerable.Range(0, 100).Where(r => sample.Wants(r)));
    }

    private static long[] Sampled(IEnumerable<int> rows)
    {
        var sample = new RowSample(500);
        foreach (var row in rows)
            sample.Add(ReportSamples.Row(row));
        return [.. sample.ToRows().Select(r => r.Row)];
    }
}
