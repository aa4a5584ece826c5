namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class RowRandomTests
{
    [TestMethod]
    public void Next_KnownRows_GiveTheRecordedNumbers()
    {
        // From another implementation of what the remarks say: answers must stay what they are between versions and machines.
        double[] numbers =
            [new RowRandom(42, 7, null, 0).Next(0), new RowRandom(42, 7, "é", 1).Next(3), new RowRandom(-1, 1, "", 0).Next(1)];

        CollectionAssert.AreEqual(Recorded, numbers);
    }

    [TestMethod]
    public void Next_AnyPartOfTheRowDiffers_GivesOtherNumbers()
    {
        var numbers = new[]
        {
            new RowRandom(1, 2, "a", 0).Next(0), new RowRandom(1, 2, "a", 0).Next(1), new RowRandom(2, 2, "a", 0).Next(0),
            new RowRandom(1, 3, "a", 0).Next(0), new RowRandom(1, 2, "b", 0).Next(0), new RowRandom(1, 2, "a", 1).Next(0),
            new RowRandom(1, 2, "", 0).Next(0), new RowRandom(1, 2, null, 0).Next(0),
        };
        CollectionAssert.AllItemsAreUnique(numbers);
        Assert.AreEqual(numbers[0], new RowRandom(1, 2, "a", 0).Next(0));
    }

    [TestMethod]
    public void Next_ManyPositionsAndRows_AreUniformAndBelowOne()
    {
        var counts = new int[20];
        for (int i = 0; i < 100_000; i++)
            counts[(int)(20 * new RowRandom(3, i / 10, null, 0).Next(i % 10))]++;

        foreach (int count in counts)
            Assert.AreEqual(5000, count, 280);
    }

    private static readonly double[] Recorded = [0.6447653790302248, 0.9474788053068406, 0.9366011563993608];
}
