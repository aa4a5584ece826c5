namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class GenerationStatisticsTests
{
    [TestMethod]
    public void Rates_NothingRun_AreDefined()
    {
        var none = new GenerationStatistics();
        Assert.AreEqual(1.0, none.UsefulTokenShare);
        Assert.AreEqual(0.0, none.TokensPerSecond);
    }

    [TestMethod]
    public void Rates_AfterRun_AreQuotients()
    {
        var some = new GenerationStatistics
        {
            PromptTokens = 30,
            PaddedPromptTokens = 40,
            GeneratedTokens = 100,
            GenerationTime = TimeSpan.FromSeconds(4),
        };
        Assert.AreEqual(0.75, some.UsefulTokenShare);
        Assert.AreEqual(25.0, some.TokensPerSecond);
    }
}
