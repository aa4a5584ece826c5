namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class BatchPlannerTests
{
    private const int Pad = 0;

    [TestMethod]
    public void Plan_PromptsOfManyLengths_PutsLikeLengthsTogether()
    {
        var requests = Enumerable.Range(0, 64).Select(i => Request(i, length: 10 + (i * 37 % 50)));

        var batches = BatchPlanner.Plan(requests, maxBatchSize: 8, contextLength: 1000, Pad);

        Assert.HasCount(8, batches);
        var lengths = batches.SelectMany(b => b.Rows).Select(r => r.Prompt.Length).ToArray();
        CollectionAssert.AreEqual(lengths.Order().ToArray(), lengths);
    }

    [TestMethod]
    public void Plan_SeveralAdapters_GivesEachBatchOneAndLetsThemTakeTurns()
    {
        var requests = Enumerable.Range(0, 8).Select(i => Request(i, adapter: i % 2 == 0 ? "pos" : "neg"));

        var batches = BatchPlanner.Plan(requests, maxBatchSize: 2, contextLength: 1000, Pad);

        CollectionAssert.AreEqual(new[] { "pos", "neg", "pos", "neg" }, batches.Select(b => b.Adapter).ToArray());
        Assert.IsTrue(batches.All(b => b.Rows.All(r => r.Adapter == b.Adapter)));
    }

    [TestMethod]
    public void Plan_PromptThatEndsInThePadId_RunsAlone()
    {
        var ends = new EncodedRequest(1, 1, [5, 6, Pad], null, SamplingOptions.Greedy, 10);

        var batches = BatchPlanner.Plan([Request(0), ends, Request(2)], maxBatchSize: 8, contextLength: 1000, Pad);

        Assert.HasCount(2, batches);
        Assert.IsTrue(batches.Any(b => b.Rows.Count == 1 && b.Rows[0] == ends));
    }

    [TestMethod]
    public void Plan_RowThatNeedsTheWholeContext_DoesNotShortenTheAnswersOfOthers()
    {
        var requests = new[] { Request(0, length: 10, answer: 50), Request(1, length: 90, answer: 50) };

        var batches = BatchPlanner.Plan(requests, maxBatchSize: 8, contextLength: 100, Pad);

        Assert.HasCount(2, batches);
        Assert.AreEqual(60, batches[0].MaxLength(100));
        Assert.AreEqual(100, batches[1].MaxLength(100));
    }

    [TestMethod]
    public void Plan_ShortPromptWithALongAnswer_IsNotCutByTheLongPromptAfterIt()
    {
        var requests = new[] { Request(0, length: 10, answer: 80), Request(1, length: 90, answer: 5) };

        var batches = BatchPlanner.Plan(requests, maxBatchSize: 8, contextLength: 100, Pad);

        Assert.HasCount(2, batches);
    }

    [TestMethod]
    public void Plan_DifferentSampling_IsNotMixed()
    {
        var sampled = Request(1) with { Sampling = new SamplingOptions { DoSample = true } };

        Assert.HasCount(2, BatchPlanner.Plan([Request(0), sampled], maxBatchSize: 8, contextLength: 1000, Pad));
    }

    [TestMethod]
    public void PaddedPrompts_OfUnequalLengths_ArePaddedOnTheRight()
    {
        var batch = new GenerationBatch([Request(0, length: 1), Request(1, length: 3)]);

        CollectionAssert.AreEqual(new[] { 7, Pad, Pad, 7, 7, 7 }, batch.PaddedPrompts(Pad));
    }

    private static EncodedRequest Request(int index, int length = 5, string? adapter = null, int answer = 10) =>
        new(index, index, Enumerable.Repeat(7, length).ToArray(), adapter, SamplingOptions.Greedy, answer);
}
