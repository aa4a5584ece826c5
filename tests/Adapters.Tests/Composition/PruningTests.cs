namespace XlLoraOnnx.Adapters.Tests;

/// <summary>Worked by hand after the definitions in peft/utils/merge_utils.py.</summary>
[TestClass]
public sealed class PruningTests
{
    private static readonly CompositionOptions Ties = new() { Mode = CompositionMode.Ties, Density = 0.5 };

    [TestMethod]
    public void Largest_ADensity_KeepsThatManyRoundedDown()
    {
        CollectionAssert.AreEqual(new double[] { 0, -3, 0, 4, 0 }, Pruning.Largest([1, -3, 2, 4, -2], 0.5));
        CollectionAssert.AreEqual(new double[] { 0, 0 }, Pruning.Largest([1, 2], 0.3));
        CollectionAssert.AreEqual(new double[] { 5, 5, 0 }, Pruning.Largest([5, 5, -5], 0.7), "of equal ones the first");
    }

    [TestMethod]
    public void Drawn_ManyValues_KeepsTheirShareAndTheirMean()
    {
        var drawn = Pruning.Drawn([.. Enumerable.Repeat(1.0, 20_000)], 0.25, 42, 7);

        Assert.IsTrue(drawn.All(v => v is 0 or 4));
        Assert.AreEqual(1, drawn.Average(), 0.05);
    }

    [TestMethod]
    public void MergeTensors_Ties_ElectsASignWithoutWeightsAndAveragesWhatHasIt()
    {
        double[][] tensors = [[3, 2, 0, -1], [-2, 4, 0, -5], [-2, 0, 0, 3]];
        double[] weights = [1, 0.5, 2];

        // sums: -1, 6, 0, -3; of the third nothing has a sign
        CollectionAssert.AreEqual(new[] { (0.5 * -2 + 2 * -2) / 2, (2 + 0.5 * 4) / 2, 0, (-1 + 0.5 * -5) / 2 },
            Pruning.MergeTensors(tensors, weights, Ties));
    }

    [TestMethod]
    public void MergeTensors_Frequency_ElectsTheSignOfMost()
    {
        double[][] tensors = [[9], [-2], [-2]];

        CollectionAssert.AreEqual(new double[] { 9 }, Pruning.MergeTensors(tensors, [1, 1, 1], Ties));
        CollectionAssert.AreEqual(new double[] { -2 },
            Pruning.MergeTensors(tensors, [1, 1, 1], Ties with { MajoritySign = MajoritySign.Frequency }));
    }

    [TestMethod]
    public void Merge_DareWithoutDrops_OfOnePart_IsThatPart()
    {
        var term = new ModuleTerm("p", -3, 2, 1, [1, 2], [5, 7]);

        var merged = Pruning.Merge("m", [term], new CompositionOptions { Mode = CompositionMode.DareLinear, Density = 1 });

        // in both it would vanish from B A
        Assert.IsLessThan(0, merged.A[0]);
        Assert.IsGreaterThan(0, merged.B[0]);
        Assert.AreEqual(-3 * 2 * 5 * 1, merged.B[0] * merged.A[0], 1e-12);
        Assert.AreEqual(-3 * 2 * 7 * 2, merged.B[1] * merged.A[1], 1e-12);
        Assert.AreEqual(1, merged.Scale);
    }
}
