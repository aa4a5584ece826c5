namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class AdapterBatchesTests
{
    private const int Pad = 7;

    private static readonly AdapterExample[] Examples =
    [
        .. Enumerable.Range(0, 11).Select(i => new AdapterExample([.. Enumerable.Range(100 * (i + 1), 4 + i % 3)], 2, i)),
    ];

    [TestMethod]
    public void Batch_OfTwoLengths_IsPaddedOnTheRightAndAsksForTheTokenBeforeEachLabel()
    {
        var batch = new AdapterBatch([new([5, 6, 8, 9], 2, 40), new([1, 2], 0, 41)], Pad);

        CollectionAssert.AreEqual((long[])[5, 6, 8, 9, 1, 2, Pad, Pad], batch.InputIds);
        CollectionAssert.AreEqual((long[])[1, 1, 1, 1, 1, 1, 0, 0], batch.AttentionMask);
        // of a whole sequence the first token has none before it
        CollectionAssert.AreEqual((long[])[1, 2, 4], batch.LogitsIndices);
        CollectionAssert.AreEqual((long[])[8, 9, 2], batch.Labels);
        CollectionAssert.AreEqual((int[])[40, 41], batch.DataRows.ToArray());
        Assert.AreEqual(6, batch.Tokens);
    }

    [TestMethod]
    public void Step_OfAnEpoch_TakesEveryExampleOnce()
    {
        var batches = new AdapterBatches(Examples, batchSize: 2, accumulation: 2, Pad, seed: 3);

        var steps = Enumerable.Range(0, batches.StepsPerEpoch).Select(s => batches.Step(s)).ToArray();

        Assert.AreEqual(3, batches.StepsPerEpoch);
        CollectionAssert.AreEqual((int[])[4, 4, 3], steps.Select(s => s.Rows).ToArray());
        CollectionAssert.AreEqual((int[])[2, 1], steps[2].Batches.Select(b => b.Rows).ToArray());
        foreach (var lengths in steps.Select(s => s.Batches.Select(b => b.Length).ToArray()))
            CollectionAssert.AreEqual(lengths.OrderDescending().ToArray(), lengths, "rows of one length are in one batch of a step");
        Assert.IsTrue(steps.Any(s => s.Batches[0].Length > s.Batches[^1].Length), "and so one of them is padded less");
        CollectionAssert.AreEquivalent(Enumerable.Range(0, 11).ToArray(), Rows(steps));
        CollectionAssert.AreNotEqual(Enumerable.Range(0, 11).ToArray(), Rows(steps));
    }

    [TestMethod]
    public void Step_AskedForInAnyOrder_IsAFunctionOfSeedAndStep()
    {
        var (one, other) = (Batches(seed: 3), Batches(seed: 3));

        var forward = Enumerable.Range(0, 6).Select(s => Rows([one.Step(s)])).ToArray();
        var backward = Enumerable.Range(0, 6).Reverse().Select(s => Rows([other.Step(s)])).Reverse().ToArray();

        for (var i = 0; i < 6; i++)
            CollectionAssert.AreEqual(forward[i], backward[i]);
        CollectionAssert.AreNotEqual(forward[0], forward[3], "another epoch has another order");
        CollectionAssert.AreNotEqual(forward[0], Rows([Batches(seed: 4).Step(0)]), "another seed has another order");
    }

    [TestMethod]
    public void Step_OfWholeSequences_CountsLabelsAsTransformersDoes()
    {
        AdapterExample[] examples = [new([1, 2, 3], 0, 0), new([4, 5], 0, 1), new([6, 7, 8], 1, 2)];

        var step = new AdapterBatches(examples, batchSize: 2, accumulation: 2, Pad, seed: 1).Step(0);

        // num_items_in_batch counts before labels are shifted: the first token too
        Assert.AreEqual(3 + 2 + 2, step.Labels);
        Assert.AreEqual(2 + 1 + 2, step.Batches.Sum(b => b.Labels.Length));
        Assert.AreEqual(1f / 7, step.LossScale);
    }

    [TestMethod]
    public void InOrder_OfAllExamples_KeepsTheirOrder()
    {
        var batches = AdapterBatches.InOrder(Examples, 4, Pad);

        CollectionAssert.AreEqual(Enumerable.Range(0, 11).ToArray(), batches.SelectMany(b => b.DataRows).ToArray());
        Assert.HasCount(3, batches);
    }

    private static AdapterBatches Batches(long seed) => new(Examples, batchSize: 4, accumulation: 1, Pad, seed);

    private static int[] Rows(IEnumerable<AdapterStep> steps) => [.. steps.SelectMany(s => s.Batches).SelectMany(b => b.DataRows)];
}
