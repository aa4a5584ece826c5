namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class EpochOrderTests
{
    [TestMethod]
    public void Of_AnyEpoch_IsAPermutationOfItsOwn()
    {
        var orders = new[] { EpochOrder.Of(100, 42, 0), EpochOrder.Of(100, 42, 1), EpochOrder.Of(100, 43, 0), EpochOrder.Of(100, -1, 0) };

        foreach (var order in orders)
            CollectionAssert.AreEqual(Enumerable.Range(0, 100).ToArray(), order.Order().ToArray());
        Assert.HasCount(4, orders.Select(o => string.Join(',', o)).Distinct().ToArray());
        CollectionAssert.AreEqual(orders[1], EpochOrder.Of(100, 42, 1));
    }

    /// <summary>Runs that were begun are taken up by later versions: the order is part of the format.</summary>
    [TestMethod]
    public void Of_Seed42_StaysWhatItIs() =>
        Assert.AreEqual("2 7 1 5 6 0 4 3", string.Join(' ', EpochOrder.Of(8, 42, 0)));

    [TestMethod]
    public void Of_ManyEpochs_PutsEveryRowEverywhere()
    {
        var counts = new int[4, 4];
        for (var epoch = 0; epoch < 4000; epoch++)
        {
            foreach (var (place, row) in EpochOrder.Of(4, 7, epoch).Index())
                counts[place, row]++;
        }

        // 1000 of each, within five standard deviations
        foreach (var count in counts)
            Assert.IsLessThan(140, Math.Abs(count - 1000), $"{count}");
    }
}
