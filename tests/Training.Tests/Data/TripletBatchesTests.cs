namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class TripletBatchesTests
{
    private static readonly XlLoraTokenizer Tokenizer = XlLoraTokenizer.Load(Repository.DemoEncoder());

    [TestMethod]
    public async Task Item_Triplets_AreAnchorsThenPositivesThenNegatives()
    {
        using var folder = new TemporaryFolder();
        var batches = await MakeAsync(folder, "sent0,sent1,hard_neg\nthe cook,the cook buys,bread\nwater,the teacher buys bread,no\n", 8);

        var batch = batches[0];

        Assert.AreEqual((1, 6, 3), (batches.StepsPerEpoch, batch.Count, batch.TextsPerRow));
        CollectionAssert.AreEquivalent((int[])[0, 1], batch.Rows.ToArray());
        for (var text = 0; text < 6; text++)
        {
            var expected = Tokenizer.EncodeToIds(batches.Data[batch.Rows[text % 2]][text / 2]).ToArray();
            CollectionAssert.AreEqual(expected, batch[text].ToArray());
            AssertPadded(expected, batch, text);
        }
        Assert.AreEqual(batch.AttentionMask.Sum(), batch.Tokens);
        Assert.AreEqual(Enumerable.Range(0, 6).Max(i => batch[i].Length), batch.Length);
    }

    [TestMethod]
    public async Task Item_TextsAlone_AreThereTwice()
    {
        using var folder = new TemporaryFolder();

        var batch = (await MakeAsync(folder, "text\nthe cook\nbread\n", 2))[0];

        Assert.AreEqual((4, 2), (batch.Count, batch.TextsPerRow));
        for (var row = 0; row < 2; row++)
            CollectionAssert.AreEqual(batch[row].ToArray(), batch[2 + row].ToArray());
    }

    [TestMethod]
    public async Task Item_Epochs_TakeEveryRowOnceAndKeepTheLastSmallBatch()
    {
        using var folder = new TemporaryFolder();
        var rows = string.Concat(Enumerable.Range(0, 11).Select(i => $"bread {i},water {i}\n"));
        var batches = await MakeAsync(folder, "sent0,sent1\n" + rows, 4);

        int[][] Epoch(int epoch) => [.. Enumerable.Range(3 * epoch, 3).Select(step => batches[step].Rows.ToArray())];
        var (first, second) = (Epoch(0), Epoch(1));

        Assert.AreEqual(3, batches.StepsPerEpoch);
        foreach (var epoch in new[] { first, second })
        {
            CollectionAssert.AreEqual((int[])[4, 4, 3], epoch.Select(b => b.Length).ToArray());
            CollectionAssert.AreEqual(Enumerable.Range(0, 11).ToArray(), epoch.SelectMany(b => b).Order().ToArray());
        }
        CollectionAssert.AreNotEqual(first.SelectMany(b => b).ToArray(), second.SelectMany(b => b).ToArray());
        CollectionAssert.AreEqual(first[1], batches[1].Rows.ToArray(), "a batch can be made again after others");
    }

    [TestMethod]
    public async Task Part_OfABatch_IsPaddedToItsOwnLongest()
    {
        using var folder = new TemporaryFolder();
        var batch = (await MakeAsync(folder, "sent0,sent1\nbread,the teacher buys bread and water in the garden\n", 1))[0];

        var (anchors, positives) = (batch.Part([0]), batch.Part([1]));

        Assert.AreEqual((batch[0].Length, batch[1].Length), (anchors.Length, positives.Length));
        CollectionAssert.AreEqual(batch[0].ToArray().Select(id => (long)id).ToArray(), anchors.InputIds);
        Assert.AreEqual(batch.Tokens, anchors.Tokens + positives.Tokens);
        CollectionAssert.AreEqual((int[])[1, 0], batch.Chunks(1).Select(chunk => chunk.Single()).ToArray(), "the longest first");
    }

    [TestMethod]
    public async Task Make_LongTexts_AreCutWithTheirSpecialTokens()
    {
        using var folder = new TemporaryFolder();
        var words = string.Join(' ', Enumerable.Repeat("bread", 60));
        var triplets = await TokenizeAsync(folder, $"sent0,sent1\n{words},water\n", maxLength: 32);

        Assert.HasCount(32, triplets[0, 0]);
        CollectionAssert.AreEqual(Tokenizer.Encode(words, options: new TokenizerOptions { MaxLength = 32 }).Ids.ToArray(), triplets[0, 0]);
        Assert.AreEqual(Tokenizer.EosTokenId, triplets[0, 0][^1]);
    }

    [TestMethod]
    public async Task Make_TextsOfSpecialTokensAlone_AreRefusedByLine()
    {
        using var folder = new TemporaryFolder();

        var message = (await Assert.ThrowsExactlyAsync<InvalidDataException>(() =>
            TokenizeAsync(folder, "sent0,sent1\nbread,water\nbread,</s>\n</s>,water\n"))).Message;

        StringAssert.Contains(message, "2 texts");
        StringAssert.Contains(message, "t.csv, line 3: \"</s>\"; ");
        StringAssert.Contains(message, "t.csv, line 4: \"</s>\"");
    }

    [TestMethod]
    public async Task Make_UnknownWord_IsAWord()
    {
        using var folder = new TemporaryFolder();

        var triplets = await TokenizeAsync(folder, "sent0,sent1\n\u12A0\u12CD,water\n");

        CollectionAssert.Contains(triplets[0, 0], Tokenizer.UnknownTokenId!.Value);
    }

    [TestMethod]
    public async Task Make_ModelOfSmallLetters_LowersTexts()
    {
        using var folder = new TemporaryFolder();

        var triplets = await TokenizeAsync(folder, "sent0,sent1\nBREAD,bread\n", facts: Facts with { DoLowerCase = true });

        CollectionAssert.AreEqual(triplets[0, 1], triplets[0, 0]);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(129)]
    public async Task Make_MoreTokensThanPositions_IsRefused(int maxLength)
    {
        using var folder = new TemporaryFolder();

        await Assert.ThrowsExactlyAsync<ArgumentOutOfRangeException>(() => TokenizeAsync(folder, "sent0,sent1\na,b\n", maxLength));
    }

    private static EncoderFacts Facts { get; } = new()
    {
        Pooling = "mean",
        PoolingSource = "default",
        Normalize = false,
        Dimension = 128,
        MaxSequenceLength = 128,
        HasTokenTypeIds = false,
        PadTokenId = 1,
        DoLowerCase = false,
    };

    private static async Task<TripletBatches> MakeAsync(TemporaryFolder folder, string csv, int batchSize) =>
        new(await TokenizeAsync(folder, csv), Facts.PadTokenId, batchSize, seed: 42);

    private static async Task<TokenizedTriplets> TokenizeAsync(
        TemporaryFolder folder, string csv, int maxLength = 32, EncoderFacts? facts = null) =>
        TokenizedTriplets.Make(await TripletData.ReadAsync(folder.Write("t.csv", csv)), Tokenizer, facts ?? Facts, maxLength);

    private static void AssertPadded(int[] expected, EncoderBatch batch, int text)
    {
        for (var i = 0; i < batch.Length; i++)
        {
            var at = text * batch.Length + i;
            Assert.AreEqual(i < expected.Length ? (expected[i], 1L) : (1L, 0L), (batch.InputIds[at], batch.AttentionMask[at]));
        }
    }
}
