namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class AdamWTableTests
{
    private const int Rows = 101;

    [TestMethod]
    [DataRow(4, 0.0)]
    [DataRow(19, 0.0)]
    [DataRow(19, 0.1)]
    [DataRow(2000, 0.0)]
    public void StepRows_OfATable_HasTheBitsOfADenseGradientWithZeros(int width, double decay)
    {
        var start = TrainingSteps.Numbers(Rows * width, 1);
        var options = TrainingSteps.Plain with { WeightDecay = decay };
        using var dense = new Trained(start, options);
        using var table = new Trained(start, options, tableWidth: width);
        for (var t = 1UL; t <= 6; t++)
        {
            // few rows, so that some get their first gradient late and others only zeros after it
            var rows = Enumerable.Range(0, 5).Select(i => (long)CounterRandom.Below(Rows / 2, 3, t, (ulong)i)).Distinct().ToArray();
            var values = TrainingSteps.Numbers(rows.Length * width, t + 1);
            var all = new float[start.Length];
            for (var i = 0; i < rows.Length; i++)
                values.AsSpan(i * width, width).CopyTo(all.AsSpan((int)rows[i] * width));
            dense.Step(all, 0.01);
            table.StepRows(rows, values, 0.01);
        }
        CollectionAssert.AreEqual(dense.Values, table.Values);
        CollectionAssert.AreEqual(dense.First, table.First);
        CollectionAssert.AreEqual(dense.Second, table.Second);
    }

    [TestMethod]
    public void StepRows_ARow_MovesOnWithoutGradientsAndTheOthersStay()
    {
        using var table = new Trained([1, 1, 2, 2, 3, 3], TrainingSteps.Plain, tableWidth: 2);
        table.StepRows([1], [1, -1], 0.1);
        var after = table.Values;
        table.StepRows([], [], 0.1);
        Assert.IsLessThan(after[2], table.Values[2], "the moments move it on");
        Assert.IsGreaterThan(after[3], table.Values[3]);
        CollectionAssert.AreEqual(new float[] { 1, 1 }, table.Values[..2]);
        CollectionAssert.AreEqual(new float[] { 3, 3 }, table.Values[4..]);
        CollectionAssert.AreEqual(new[] { 1 }, table.Moments.TouchedRows().ToArray());
        Assert.AreEqual(1, table.Moments.TouchedCount);
        Assert.AreEqual(2, table.Steps);
    }

    [TestMethod]
    public void StepRows_Threads_GiveTheSameBits()
    {
        const int Width = 700;
        var start = TrainingSteps.Numbers(Rows * Width, 1);
        var results = new[] { 1, 2, 5 }.Select(threads =>
        {
            using var table = new Trained(start, TrainingSteps.Plain with { Threads = threads, WeightDecay = 0.1 }, tableWidth: Width);
            for (var t = 1UL; t <= 3; t++)
                table.StepRows([0, 50 + (long)t, 100], TrainingSteps.Numbers(3 * Width, t + 1), 0.01);
            return table.Values;
        }).ToArray();
        CollectionAssert.AreEqual(results[0], results[1]);
        CollectionAssert.AreEqual(results[0], results[2]);
    }
}
