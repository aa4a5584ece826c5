namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class DevSetsTests
{
    private const int Dimension = 1400;
    private static readonly XlLoraTokenizer Tokenizer = XlLoraTokenizer.Load(Repository.DemoEncoder());

    [TestMethod]
    public async Task EvaluateAsync_WithoutSets_IsEmpty()
    {
        using var generator = Generator(_ => throw new InvalidOperationException("Nothing is to be embedded."));

        Assert.IsEmpty(await new DevSets([]).EvaluateAsync(generator, default));
    }

    [TestMethod]
    public async Task EvaluateAsync_PairsWhoseWordsSayTheScore_AreAllInOrder()
    {
        using var folder = new TemporaryFolder();
        var sts = folder.Write("sts-dev.csv",
            "sentence1,sentence2,score\nbread water,bread water,5\nbread water tea,bread water no,3\nbread,water,0\nbread tea,tea no,2\n");
        using var generator = Generator(Words);

        var scores = await new DevSets([sts]).EvaluateAsync(generator, default);

        Assert.HasCount(1, scores);
        Assert.AreEqual(1, scores[0].Value, 1e-12);
        StringAssert.Contains(scores[0].Name, "spearman");
    }

    [TestMethod]
    public async Task EvaluateAsync_SeveralSets_BeginWithTheirMean()
    {
        using var generator = Generator(Words);

        var scores = await new DevSets([Repository.Demo("world", "sts.csv"), Repository.Demo("world", "retrieval.json")])
            .EvaluateAsync(generator, default);

        Assert.IsGreaterThan(2, scores.Count);
        Assert.AreEqual(scores.Skip(1).Average(s => s.Value), scores[0].Value, 1e-12);
        CollectionAssert.AllItemsAreUnique(scores.Select(s => s.Name).ToArray());
        Assert.IsTrue(scores.Any(s => s.Name.Contains("ndcg", StringComparison.Ordinal)));
    }

    /// <summary>As a bag of words in batches of like length, each text gets its own vector.</summary>
    [TestMethod]
    public async Task GenerateAsync_TextsOfAllLengths_ComeBackInTheirOrder()
    {
        var batches = new List<EncoderBatch>();
        string[] texts = [.. Enumerable.Range(0, 300).Select(i => string.Join(' ', Enumerable.Repeat("bread", 1 + 37 * i % 101)))];
        using var generator = Generator(batch =>
        {
            batches.Add(batch);
            return Words(batch);
        });

        var vectors = await generator.GenerateAsync(texts);

        for (var i = 0; i < texts.Length; i++)
        {
            var expected = Words(new EncoderBatch([[.. Tokenizer.EncodeToIds(texts[i])]], 1));
            CollectionAssert.AreEqual(expected, vectors[i].Vector.ToArray());
        }
        Assert.AreEqual(texts.Length, batches.Sum(b => b.Count));
        Assert.IsTrue(batches.All(b => b.Count <= 128 && b.Count * b.Length <= 8192));
    }

    private static BatchEmbeddingGenerator Generator(Func<EncoderBatch, float[]> embed) => new(Tokenizer, new EncoderFacts
    {
        Pooling = "mean",
        PoolingSource = "default",
        Normalize = false,
        Dimension = Dimension,
        MaxSequenceLength = 128,
        HasTokenTypeIds = false,
        PadTokenId = 1,
        DoLowerCase = false,
    }, embed, "bag of words");

    private static float[] Words(EncoderBatch batch)
    {
        var vectors = new float[batch.Count * Dimension];
        for (var text = 0; text < batch.Count; text++)
        {
            // without those around the text, which all have
            foreach (var id in batch[text][1..^1])
                vectors[text * Dimension + id]++;
        }
        return vectors;
    }
}
