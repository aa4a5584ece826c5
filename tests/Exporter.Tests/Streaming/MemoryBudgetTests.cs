namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class MemoryBudgetTests
{
    private const long MiB = 1 << 20;

    [TestMethod]
    [DataRow(2048L, 2)]
    [DataRow(1024L, 64)]
    [DataRow(256L, 16)]
    [DataRow(2048L, 256)]
    public void Of_AnyCeiling_TilesFitBelowIt(long mebibytes, int cores)
    {
        var budget = MemoryBudget.Of(mebibytes * MiB, 100 * MiB, 84 * 1024, cores);

        Assert.IsTrue(budget.Workers >= 1 && budget.Workers <= cores);
        Assert.IsLessThan(mebibytes * MiB - 100 * MiB, (long)budget.Workers * budget.TileBytes);
        Assert.IsGreaterThanOrEqualTo(16 << 20, budget.TileBytes);
    }

    [TestMethod]
    public void Of_CeilingTooSmall_SaysWhatWouldDo()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => MemoryBudget.Of(128 * MiB, 100 * MiB, 4096, 2));

        StringAssert.Contains(error.Message, "at least 224 MiB");
        Assert.AreEqual(1, MemoryBudget.Of(224 * MiB, 100 * MiB, 4096, 2).Workers);
    }

    [TestMethod]
    public void RowsPerTile_RowsReadAcross_GetLargerTiles()
    {
        var budget = new MemoryBudget(2, 64 << 20);
        var source = new TensorSource(1 << 20, 1 << 10, (_, _, _) => { });

        Assert.AreEqual(4096, budget.RowsPerTile(source));
        Assert.AreEqual(65536, budget.RowsPerTile(source with { ReadsColumns = true }));
        Assert.AreEqual(1, budget.RowsPerTile(source with { RowBytes = 80 << 20 }));
        Assert.AreEqual(7, budget.RowsPerTile(source with { Rows = 7 }));
    }
}
