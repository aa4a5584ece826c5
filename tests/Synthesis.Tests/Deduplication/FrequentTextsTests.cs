namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class FrequentTextsTests
{
    [TestMethod]
    public void Add_TheSameButForCase_IsCounted()
    {
        var texts = new FrequentTexts();

        Assert.AreEqual(1, texts.AddText("Nobody sleeps."));
        Assert.AreEqual(2, texts.AddText("nobody sleeps"));
        Assert.AreEqual(1, texts.AddText("Somebody sleeps."));
        Assert.AreEqual(2, texts.Distinct);
    }

    [TestMethod]
    public void Counts_TextsThatOccurFarMoreThanTheOthers_AreExact()
    {
        var texts = new FrequentTexts(expected: 10);
        foreach (var times in (int[])[1, 254, 255, 256, 70_000])
            for (var i = 1; i <= times; i++)
                Assert.AreEqual(i, texts.AddText($"This one occurs {times} times."));

        CollectionAssert.AreEquivalent(new[] { 1, 254, 255, 256, 70_000 }, texts.Counts.ToArray());
    }

    [TestMethod]
    public void Top_OfManyTexts_IsWhatAPlainCountGives()
    {
        var texts = new FrequentTexts(top: 10);
        var counts = new Dictionary<string, int>();
        var random = new Random(3);
        for (var i = 0; i < 100_000; i++)
        {
            var text = $"Text {(int)(20_000 * Math.Pow(random.NextDouble(), 4))}";
            counts[text] = counts.GetValueOrDefault(text) + 1;
            Assert.AreEqual(counts[text], texts.AddText(text));
        }

        var expected = counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).Take(10)
            .Select(c => new FrequentText(c.Key, c.Value)).ToArray();
        CollectionAssert.AreEqual(expected, texts.Top().ToArray());
        Assert.AreEqual(counts.Count, texts.Distinct);
    }
}
