namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class CompositionStrategyTests
{
    private static readonly LanguageAdapters[] Three =
    [
        new("hau", "Hausa", "hau-positive", "hau-negative"), new("swh", "Swahili", "swh-positive", null),
        new("deu", "English", "hau-positive", "deu-negative"),
    ];

    [TestMethod]
    public void Prompt_OfARow_AsksInTheLanguageOfItsAnswers()
    {
        var strategy = new CompositionStrategy(Three);
        var plain = new PromptStrategy();

        foreach (var side in Enum.GetValues<SynthesisSide>())
        {
            Assert.AreEqual(plain.Prompt(side, "x", "Hausa", default), strategy.Prompt(side, "x", "hau", default));
            Assert.AreEqual(plain.Prompt(side, "x", "English", default), strategy.Prompt(side, "x", "deu", default));
        }
    }

    [TestMethod]
    public void Adapters_OfASide_AreThoseOfAllLanguagesOnce()
    {
        var strategy = new CompositionStrategy(Three);

        CollectionAssert.AreEqual(new[] { "hau-positive", "swh-positive" }, strategy.Adapters(SynthesisSide.Positive, "pos").ToArray());
        CollectionAssert.AreEqual(
            new[] { "hau-negative", null, "deu-negative" }, strategy.Adapters(SynthesisSide.Negative, "neg").ToArray());
        Assert.AreEqual("hau-positive", strategy.Adapter(SynthesisSide.Positive, "x", "deu", "pos"));
        Assert.IsNull(strategy.Adapter(SynthesisSide.Negative, "x", "swh", "neg"));
    }

    [TestMethod]
    public void Constructor_NoLanguageOrOneTwice_SaysWhich()
    {
        Assert.ThrowsExactly<ArgumentException>(() => new CompositionStrategy([]));
        var twice = Assert.ThrowsExactly<ArgumentException>(() => new CompositionStrategy([Three[0], Three[0]]));
        StringAssert.Contains(twice.Message, "\"hau\"");
        var unknown = Assert.ThrowsExactly<ArgumentException>(() => new CompositionStrategy(Three).AnswerLanguage("amh"));
        StringAssert.Contains(unknown.Message, "hau, swh, deu");
    }
}
