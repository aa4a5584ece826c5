namespace XlLoraOnnx.Exporter.Tests;

/// <summary>A short run of what tools/fuzz runs for long.</summary>
[TestClass]
public sealed class FuzzTests
{
    [TestMethod]
    [Timeout(120_000, CooperativeCancellation = false)]
    public void Read_DamagedFiles_FailsOnlyAsDocumented()
    {
        const int Each = 340;
        using var targets = new FuzzTargets();
        var count = Each * targets.All.Count;
        var run = new FuzzRun(targets.All, seed: 20240706);

        run.Run(count);

        Assert.IsEmpty(run.Findings, string.Join('\n', run.Findings));
        foreach (var (target, (read, refused)) in run.Counts)
        {
            Assert.AreEqual(Each, read + refused, target);
            Assert.IsGreaterThan(0, refused, target);
        }
        Assert.IsGreaterThan(count / 20, run.Counts.Values.Sum(c => c.Read), "some damages leave a valid file");
    }

    [TestMethod]
    public void Run_ReaderThatFails_ReportsItWithItsInput()
    {
        var run = new FuzzRun([new FuzzTarget("bad", [[1, 2, 3]], _ => throw new ArithmeticException())], seed: 1);

        run.Run(3);

        Assert.HasCount(3, run.Findings);
        StringAssert.Contains(run.Findings[0], "bad, seed 1, input 0");
        StringAssert.Contains(run.Findings[0], "ArithmeticException");
    }

    [TestMethod]
    public void Run_ReaderThatTakesTooMuch_ReportsIt()
    {
        var run = new FuzzRun([new FuzzTarget("greedy", [[1, 2, 3]], _ => GC.KeepAlive(new byte[65 << 20]))], seed: 1);

        run.Run(1);

        StringAssert.Contains(run.Findings.Single(), "allocated");
    }
}
