namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class TripletColumnsTests
{
    [TestMethod]
    public void Side_OfAColumn_IsTheWayBack()
    {
        foreach (var side in TripletColumns.Sides)
            Assert.AreEqual(side, TripletColumns.Side(TripletColumns.Of(side)));
    }
}
