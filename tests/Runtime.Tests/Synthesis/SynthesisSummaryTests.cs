namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class SynthesisSummaryTests
{
    [TestMethod]
    public void Add_Results_CountsTripletsAndReasons()
    {
        var summary = new SynthesisSummary();
        Assert.AreEqual(TimeSpan.Zero, summary.Elapsed);
        RejectionReason?[] rows = [null, RejectionReason.Copy, null, RejectionReason.EmptyAnchor, RejectionReason.Copy];
        foreach (var reason in rows)
            summary.Add(new SynthesisResult { RowId = 0, Sent0 = "a", Rejected = reason is { } r ? new Rejection(r, "") : null });

        Assert.AreEqual((5L, 2L), (summary.Rows, summary.Triplets));
        Assert.HasCount(2, summary.Rejected);
        Assert.AreEqual(2, summary.Rejected[RejectionReason.Copy]);
        Assert.AreEqual(1, summary.Rejected[RejectionReason.EmptyAnchor]);
        Assert.IsGreaterThan(TimeSpan.Zero, summary.Elapsed);
    }
}
