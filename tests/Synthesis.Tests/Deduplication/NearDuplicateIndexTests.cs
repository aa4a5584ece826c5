namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class NearDuplicateIndexTests
{
    [TestMethod]
    public void Add_TheSameText_PointsToTheFirst()
    {
        var texts = new NearDuplicateIndex();

        Assert.IsNull(texts.AddText(3, "The old fisherman sells his boat at the harbour."));
        Assert.AreEqual(new NearDuplicateOf(3, 1), texts.AddText(5, "the old fisherman sells his boat, at the harbour!"));
        Assert.AreEqual(3, texts.AddText(7, "The old fisherman sells his boats at the harbour.")?.Row);
        Assert.IsNull(texts.AddText(9, "A young cook buys a knife in the market today."));
        Assert.AreEqual(2, texts.Count);
    }

    [TestMethod]
    public void Add_BlankTexts_AreNoDuplicates()
    {
        var texts = new NearDuplicateIndex();

        Assert.IsNull(texts.AddText(0, "…"));
        Assert.IsNull(texts.AddText(1, "…"));
    }

    [TestMethod]
    public void Add_ManyTexts_FindsThePlantedOnesAndTheSameEachTime()
    {
        var first = Run(out var found, out var falsely);
        var second = Run(out _, out _);

        CollectionAssert.AreEqual(first, second);
        Assert.IsGreaterThan(360, found, "Of 400 copies that differ in one letter.");
        Assert.IsLessThan(40, falsely, "Of 40,000 texts of other words.");
    }

    /// <summary>Every hundredth text is the one before it with a letter more.</summary>
    private static long[] Run(out int found, out int falsely)
    {
        (found, falsely) = (0, 0);
        var random = new Random(7);
        var texts = new NearDuplicateIndex();
        var rows = new long[40_000];
        var before = "";
        for (var i = 0; i < rows.Length; i++)
        {
            var text = i % 100 == 99 ? $"{before}s" : string.Join(' ', Enumerable.Range(0, 8).Select(_ => Word(random)));
            rows[i] = texts.AddText(i, text)?.Row ?? -1;
            found += i % 100 == 99 && rows[i] == i - 1 ? 1 : 0;
            falsely += i % 100 != 99 && rows[i] >= 0 ? 1 : 0;
            before = text;
        }
        return rows;
    }

    private static string Word(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(2, 4)).Select(_ => $"{"bdfgklmnprst"[random.Next(12)]}{"aeiou"[random.Next(5)]}"));
}
