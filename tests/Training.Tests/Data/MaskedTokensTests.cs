namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class MaskedTokensTests
{
    private const int VocabSize = 1320;
    private static readonly XlLoraTokenizer Tokenizer = XlLoraTokenizer.Load(Repository.DemoEncoder());
    private static readonly int Mask = Tokenizer.SpecialTokens["<mask>"];

    [TestMethod]
    public void Apply_ManyTokens_MasksTheSharesOfBert()
    {
        var batch = Batch(400, 100);

        var (ids, labels) = new MaskedTokens(Tokenizer, VocabSize, 0.15, seed: 7).Apply(batch, step: 3);

        var chosen = Enumerable.Range(0, ids.Length).Where(i => labels[i] != MaskedTokens.NoLabel).ToArray();
        var ofWords = batch.InputIds.Count(id => id >= 10);
        AssertShare(0.15, chosen.Length, ofWords);
        AssertShare(0.8, chosen.Count(i => ids[i] == Mask), chosen.Length);
        AssertShare(0.1, chosen.Count(i => ids[i] == labels[i]), chosen.Length);
        Assert.IsTrue(chosen.All(i => labels[i] == batch.InputIds[i] && ids[i] is >= 0 and < VocabSize));
        for (var i = 0; i < ids.Length; i++)
        {
            if (labels[i] == MaskedTokens.NoLabel)
                Assert.AreEqual(batch.InputIds[i], ids[i]);
            if (batch.AttentionMask[i] == 0 || Tokenizer.SpecialTokens.Values.Contains((int)batch.InputIds[i]))
                Assert.AreEqual(MaskedTokens.NoLabel, labels[i]);
        }
    }

    [TestMethod]
    public void Apply_SameStep_IsTheSameAndOtherStepsAreNot()
    {
        var batch = Batch(4, 50);
        long[] Ids(long step, long seed) => new MaskedTokens(Tokenizer, VocabSize, 0.3, seed).Apply(batch, step).InputIds;

        CollectionAssert.AreEqual(Ids(5, 1), Ids(5, 1));
        CollectionAssert.AreNotEqual(Ids(5, 1), Ids(6, 1));
        CollectionAssert.AreNotEqual(Ids(5, 1), Ids(5, 2));
    }

    /// <summary>Between <c>&lt;s&gt;</c> and <c>&lt;/s&gt;</c> words, some of which are padding.</summary>
    private static EncoderBatch Batch(int texts, int length) => new(
        [.. Enumerable.Range(0, texts).Select(t => (int[])[0, .. Enumerable.Range(0, length - t % 7).Select(i => 10 + (t + i) % 1000), 2])], 1);

    /// <summary>Within five standard deviations.</summary>
    private static void AssertShare(double share, int count, int of) =>
        Assert.AreEqual(share, (double)count / of, 5 * Math.Sqrt(share * (1 - share) / of));
}
