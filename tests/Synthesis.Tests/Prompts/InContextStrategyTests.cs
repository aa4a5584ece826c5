namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class InContextStrategyTests
{
    private static readonly InContextExample[] Examples =
        [.. Enumerable.Range(0, 20).Select(i => new InContextExample($"anchor {i}", $"follows {i}", $"contradicts {i}"))];

    [TestMethod]
    public void Prompt_Fixed_ShowsTheFirstExamplesThenTheAnchor()
    {
        var strategy = new InContextStrategy(Examples, 2);

        var prompt = strategy.Prompt(SynthesisSide.Negative, "{premise}", "Hausa", new PromptRandom(1, 2));

        StringAssert.EndsWith(prompt, "(in Hausa) to the premise. Return only the contradiction sentence example without any preamble or "
            + "explanation.\n\nPremise: anchor 0\nContradiction: contradicts 0\n\nPremise: anchor 1\nContradiction: contradicts 1\n\n"
            + "Premise: {premise}\nContradiction:\n");
    }

    [TestMethod]
    public void Prompt_Drawn_IsTheRowsOwnAndAlwaysTheSame()
    {
        var strategy = new InContextStrategy(Examples, 3, drawn: true);
        string Prompt(long row) => strategy.Prompt(SynthesisSide.Positive, "a", "English", new PromptRandom(1, row));

        var prompts = Enumerable.Range(0, 200).Select(i => Prompt(i)).ToArray();

        CollectionAssert.AreEqual(prompts, Enumerable.Range(0, 200).Select(i => Prompt(i)).ToArray());
        Assert.IsGreaterThan(150, prompts.Distinct().Count());
        foreach (var prompt in prompts)
            Assert.HasCount(3, Examples.Where(e => prompt.Contains($"Premise: {e.Sent0}\nEntailment: {e.Sent1}\n", StringComparison.Ordinal)));
        foreach (var example in Examples)
            Assert.IsTrue(prompts.Any(p => p.Contains($"Premise: {example.Sent0}\n", StringComparison.Ordinal)), example.Sent0);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Prompt_AnchorAmongTheExamples_DoesNotShowItsOwnAnswer(bool drawn)
    {
        var strategy = new InContextStrategy(Examples[..4], 3, drawn);

        for (var row = 0; row < 50; row++)
        {
            var prompt = strategy.Prompt(SynthesisSide.Positive, "anchor 1", "English", new PromptRandom(1, row));
            Assert.IsFalse(prompt.Contains("follows 1", StringComparison.Ordinal));
            Assert.HasCount(3, Examples.Where(e => prompt.Contains($"Entailment: {e.Sent1}\n", StringComparison.Ordinal)));
        }
    }

    [TestMethod]
    public void InContextStrategy_TooFewOrBlankExamples_AreRefused()
    {
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new InContextStrategy(Examples, 21)).Message, "there are 20");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new InContextStrategy(Examples, 0)).Message, "1 to 20");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(
            () => new InContextStrategy([.. Examples[..3], new InContextExample(" ", "x", "y")], 1)).Message, "Example 3");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(
            () => new InContextStrategy([.. Examples[..2], new InContextExample("a", "b", null)], 3)).Message, "only 2 have a hard_neg");
    }
}
