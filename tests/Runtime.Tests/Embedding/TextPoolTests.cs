namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class TextPoolTests
{
    private const int Dimension = 1;

    [TestMethod]
    public void Take_TextsOfManyLengths_GivesEachOnceWithLittlePadding()
    {
        var random = new Random(1);
        int[] lengths = [.. Enumerable.Range(0, 5000).Select(_ => random.Next(3, 120)).OrderDescending()];
        var request = new EmbeddingRequest(new float[lengths.Length], Dimension, lengths.Length);
        var pool = new TextPool(128, tokensPerBatch: 1024);
        pool.Add(Texts(request, lengths));

        var batches = Drain(pool);

        CollectionAssert.AreEqual(
            Enumerable.Range(0, lengths.Length).ToArray(), batches.SelectMany(b => b.Select(t => t.Index)).Order().ToArray());
        var padded = batches.Sum(b => b.Count * b.Max(t => t.Ids.Length));
        Assert.IsGreaterThan(0.95, lengths.Sum() / (double)padded, "share of tokens that are no padding");
        Assert.IsTrue(batches.All(b => b.Count * b.Max(t => t.Ids.Length) <= 1024), "a batch exceeds the budget");
    }

    [TestMethod]
    public void Take_ATextLongerThanTheBudget_RunsAlone()
    {
        var request = new EmbeddingRequest(new float[2], Dimension, 2);
        var pool = new TextPool(100, tokensPerBatch: 10);
        pool.Add(Texts(request, [100, 100]));

        CollectionAssert.AreEqual(new[] { 1, 1 }, Drain(pool).Select(b => b.Count).ToArray());
    }

    [TestMethod]
    public void Take_TwoCallersWithLikeTexts_ShareABatch()
    {
        var (first, second) = (new EmbeddingRequest(new float[2], Dimension, 2), new EmbeddingRequest(new float[2], Dimension, 2));
        var pool = new TextPool(100, tokensPerBatch: 1000);
        pool.Add(Texts(first, [20, 5]));
        pool.Add(Texts(second, [20, 5]));

        var batches = Drain(pool);

        Assert.HasCount(2, batches);
        Assert.IsTrue(batches.All(b => b.Select(t => t.Request).Distinct().Count() == 2));
    }

    [TestMethod]
    public void Take_ShortTextsThatKeepComing_DoNotHoldUpALongOne()
    {
        var pool = new TextPool(100, tokensPerBatch: 10);
        pool.Add(Texts(new EmbeddingRequest(new float[1], Dimension, 1), [2]));
        pool.Add(Texts(new EmbeddingRequest(new float[1], Dimension, 1), [90]));
        for (var i = 0; i < 50; i++)
            pool.Add(Texts(new EmbeddingRequest(new float[1], Dimension, 1), [2]));

        _ = pool.Take();

        Assert.AreEqual(90, pool.Take().Single().Ids.Length, "the oldest that waits");
    }

    [TestMethod]
    public void Take_TextsOfARequestThatWasCancelled_AreLeftOut()
    {
        var (cancelled, kept) = (new EmbeddingRequest(new float[3], Dimension, 3), new EmbeddingRequest(new float[1], Dimension, 1));
        var pool = new TextPool(100, tokensPerBatch: 1000);
        pool.Add(Texts(cancelled, [9, 8, 7]));
        pool.Add(Texts(kept, [8]));

        cancelled.Cancel(new CancellationToken(canceled: true));

        Assert.AreSame(kept, Drain(pool).Single().Single().Request);
    }

    private static IEnumerable<EncodedText> Texts(EmbeddingRequest request, IEnumerable<int> lengths) =>
        lengths.Select((length, row) => new EncodedText(new int[length], "", row, request));

    private static List<List<EncodedText>> Drain(TextPool pool)
    {
        var batches = new List<List<EncodedText>>();
        for (var batch = pool.Take(); batch.Count > 0; batch = pool.Take())
            batches.Add(batch);
        return batches;
    }
}
