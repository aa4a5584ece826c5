namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class BatchWorkersTests
{
    [TestMethod]
    public async Task Add_ManyCallersAtOnce_EachGetsItsOwnVectors()
    {
        using var workers = Workers(batch => Thread.Sleep(1), threads: 3);

        var calls = Enumerable.Range(0, 200).Select(async i =>
        {
            var values = new float[2];
            var request = new EmbeddingRequest(values, 1, 2);
            workers.Add(request, [new EncodedText([i, i], "", 0, request), new EncodedText([-i], "", 1, request)]);
            await request.Task;
            CollectionAssert.AreEqual(new float[] { i, -i }, values);
        });

        await Task.WhenAll(calls);
    }

    [TestMethod]
    public async Task Add_ABatchThatFails_FailsThoseInItAndTheNextGoesOn()
    {
        var first = true;
        using var workers = Workers(
            _ =>
            {
                if (!first)
                    return;
                first = false;
                throw new InvalidDataException("broken");
            }, threads: 1);
        var (bad, good) = (new EmbeddingRequest(new float[1], 1, 1), new EmbeddingRequest(new float[1], 1, 1));

        workers.Add(bad, [new EncodedText([1], "", 0, bad)]);
        await Assert.ThrowsExactlyAsync<InvalidDataException>(() => bad.Task);
        workers.Add(good, [new EncodedText([1], "", 0, good)]);

        await good.Task;
    }

    [TestMethod]
    public async Task Dispose_WhileTextsWait_TellsThoseWhoWaitForThem()
    {
        using var running = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        var workers = Workers(
            _ =>
            {
                running.Set();
                go.Wait();
            }, threads: 1);
        var (first, second) = (new EmbeddingRequest(new float[1], 1, 1), new EmbeddingRequest(new float[1], 1, 1));
        workers.Add(first, [new EncodedText([1], "", 0, first)]);
        running.Wait();
        workers.Add(second, [new EncodedText([1, 2, 3], "", 0, second)]);

        var disposed = Task.Run(workers.Dispose);
        while (TakesMore(workers))
            Thread.Sleep(1);
        go.Set();
        await disposed;

        await first.Task;
        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => second.Task);
    }

    private static bool TakesMore(BatchWorkers workers)
    {
        try
        {
            var request = new EmbeddingRequest(new float[1], 1, 1);
            workers.Add(request, [new EncodedText([1], "", 0, request)]);
            return true;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>The vector of a text is its first id.</summary>
    private static BatchWorkers Workers(Action<IReadOnlyList<EncodedText>> before, int threads) => new(
        new TextPool(100, tokensPerBatch: 64), Enumerable.Repeat<Action<IReadOnlyList<EncodedText>>>(
            batch =>
            {
                before(batch);
                foreach (var text in batch)
                    text.Request.Complete(text.Index, [text.Ids[0]]);
            }, threads));
}
