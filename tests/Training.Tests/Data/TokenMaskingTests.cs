namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class TokenMaskingTests
{
    private const int Words = 1320, Texts = 400, Length = 50;

    private static readonly XlLoraTokenizer Tokenizer = XlLoraTokenizer.Load(Repository.DemoEncoder());
    private static readonly int Mask = Tokenizer.MaskTokenId!.Value;

    [TestMethod]
    public void Of_ManyTokens_GuessesTheShareAndHidesEightOfTen()
    {
        var batch = Batch();
        var guesses = Masking(0.15).Of(batch, step: 3)
            .SelectMany((text, i) => text.Places.Select(place => (Read: text.Ids[place], Right: batch[i][place]))).ToArray();

        var tokens = (double)Texts * Length;
        // within five standard errors
        Assert.AreEqual(0.15, guesses.Length / tokens, 5 * Math.Sqrt(0.15 * 0.85 / tokens));
        Assert.AreEqual(0.8, Share(guesses.Count(g => g.Read == Mask)), 5 * Math.Sqrt(0.16 / guesses.Length));
        Assert.AreEqual(0.1, Share(guesses.Count(g => g.Read == g.Right)), 5 * Math.Sqrt(0.09 / guesses.Length));
        Assert.IsGreaterThan(200, guesses.Where(g => g.Read != Mask && g.Read != g.Right).Select(g => g.Read).Distinct().Count());

        double Share(int count) => (double)count / guesses.Length;
    }

    [TestMethod]
    public void Of_AnyText_ChangesNothingButWhatIsGuessed()
    {
        var batch = Batch();
        foreach (var (i, text) in Masking(0.15).Of(batch, step: 0).Index())
        {
            for (var place = 0; place < text.Ids.Length; place++)
                Assert.IsTrue(text.Places.Contains(place) || text.Ids[place] == batch[i][place]);
        }
    }

    [TestMethod]
    public void Of_SpecialTokens_AreNeverGuessed()
    {
        int[] special = [.. Tokenizer.SpecialTokens.Values, 1];
        var texts = Masking(0.99).Of(new EncoderBatch([[.. special, 500], special], padTokenId: 1), step: 0);

        Assert.IsTrue(texts[0].Places.All(place => place == special.Length));
        Assert.IsEmpty(texts[1].Places);
        CollectionAssert.AreEqual(special, texts[1].Ids);
    }

    [TestMethod]
    public void Of_SameSeedAndStep_IsTheSameAndOthersAreNot()
    {
        var batch = Batch();
        var first = Ids(Masking(0.15).Of(batch, step: 5));

        CollectionAssert.AreEqual(first, Ids(Masking(0.15).Of(batch, step: 5)));
        CollectionAssert.AreNotEqual(first, Ids(Masking(0.15).Of(batch, step: 6)));
        CollectionAssert.AreNotEqual(first, Ids(Masking(0.15, seed: 8).Of(batch, step: 5)));
    }

    [TestMethod]
    public void Constructor_TokenizerWithoutAMask_IsRefused()
    {
        var tokenizer = XlLoraTokenizer.Load(Repository.Data("models", "llama31"));

        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() =>
            new TokenMasking(tokenizer, 0, tokenizer.VocabSize, "the folder", 0.15, 1)).Message, "has no mask");
    }

    [TestMethod]
    public void Constructor_MaskThatTheModelHasNoWordFor_IsRefused()
    {
        var message = Assert.ThrowsExactly<NotSupportedException>(() =>
            new TokenMasking(Tokenizer, 1, Mask, "the folder", 0.15, 1)).Message;

        StringAssert.Contains(message, $"id {Mask}");
    }

    private static TokenMasking Masking(double probability, long seed = 7) => new(Tokenizer, 1, Words, "demo-encoder", probability, seed);

    private static int[] Ids(MaskedText[] texts) => [.. texts.SelectMany(t => t.Ids)];

    /// <summary>Of ids that are no special tokens.</summary>
    private static EncoderBatch Batch() => new([.. Enumerable.Range(0, Texts).Select(text => Enumerable.Range(0, Length)
        .Select(i => 10 + CounterRandom.Below(1000, 1, (ulong)text, (ulong)i)).ToArray())], padTokenId: 1);
}
