namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class RunningRowTests
{
    [TestMethod]
    public void Add_StopToken_EndsTheRowAndIsNotPartOfTheAnswer()
    {
        var row = Row(limit: 10);

        Assert.IsFalse(row.Add(7));
        Assert.IsTrue(row.Add(6));
        Assert.IsFalse(row.Add(0), "a pad after the end is not a second end");

        Assert.AreEqual(FinishReason.Stop, row.FinishReason);
        CollectionAssert.AreEqual(new[] { 7 }, row.Tokens.ToArray());
    }

    [TestMethod]
    public void Add_TokenLimitReached_EndsTheRowAsTooLong()
    {
        var row = Row(limit: 2);

        Assert.IsFalse(row.Add(7));
        Assert.IsTrue(row.Add(8));

        Assert.AreEqual(FinishReason.Length, row.FinishReason);
        CollectionAssert.AreEqual(new[] { 7, 8 }, row.Tokens.ToArray());
    }

    [TestMethod]
    public void EndAtLength_RowThatHasEnded_KeepsItsReason()
    {
        var row = Row(limit: 10);
        row.Add(1);

        Assert.IsFalse(row.EndAtLength());
        Assert.AreEqual(FinishReason.Stop, row.FinishReason);
    }

    private static RunningRow Row(int limit) =>
        new(new EncodedRequest(0, 0, [2, 5], null, SamplingOptions.Greedy, limit), [1, 6]);
}
