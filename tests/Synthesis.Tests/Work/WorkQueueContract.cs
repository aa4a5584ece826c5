namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>What every queue of shards does, wherever the claims are.</summary>
public abstract class WorkQueueContract
{
    [TestMethod]
    public async Task TryClaimAsync_TwoProcesses_ShareAllShardsAndFinishEachOnce()
    {
        await using var run = await BeginAsync(4);
        var (a, b) = (await run.OpenAsync(), await run.OpenAsync());

        int?[] claimed = [await ClaimAsync(a), await ClaimAsync(b), await ClaimAsync(a), await ClaimAsync(b), await ClaimAsync(a)];

        CollectionAssert.AreEqual(new int?[] { 0, 1, 2, 3, null }, claimed);
        Assert.IsTrue(await a.FinishAsync(2, default) && await b.FinishAsync(1, default));
        foreach (var queue in (IWorkQueue[])[a, b])
            CollectionAssert.AreEquivalent(new[] { 1, 2 }, (await queue.DoneAsync(default)).ToArray());
        Assert.IsTrue(await a.FinishAsync(0, default) && await b.FinishAsync(3, default));
        Assert.IsNull(await ClaimAsync(a));
        Assert.HasCount(4, await b.DoneAsync(default));
    }

    [TestMethod]
    public async Task TryClaimAsync_FromAShardOnAndOfAPart_ClaimsTheFirstOfThose()
    {
        await using var run = await BeginAsync(10);
        var queue = await run.OpenAsync();

        Assert.AreEqual(3, await queue.TryClaimAsync(3, null, default));
        Assert.AreEqual(4, await queue.TryClaimAsync(3, null, default));
        Assert.AreEqual(5, await queue.TryClaimAsync(4, new SynthesisShard(2, 3), default));
        Assert.AreEqual(8, await queue.TryClaimAsync(4, new SynthesisShard(2, 3), default));
        Assert.IsNull(await queue.TryClaimAsync(9, new SynthesisShard(2, 3), default));
        Assert.AreEqual(2, await queue.TryClaimAsync(0, new SynthesisShard(2, 3), default));
        Assert.IsNull(await queue.TryClaimAsync(10, null, default));
    }

    [TestMethod]
    public async Task ReleaseAsync_WhatIsClaimed_IsFreeAtOnceAndNotFinished()
    {
        await using var run = await BeginAsync(2);
        var (a, b) = (await run.OpenAsync(), await run.OpenAsync());
        await ClaimAsync(a);
        await ClaimAsync(a);
        Assert.IsTrue(await a.TryClaimOutputsAsync(default));

        await a.ReleaseAsync(default);

        Assert.AreEqual(0, await ClaimAsync(b));
        Assert.AreEqual(1, await ClaimAsync(b));
        Assert.IsTrue(await b.TryClaimOutputsAsync(default));
        Assert.IsEmpty(await a.DoneAsync(default));
        await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => a.FinishAsync(0, default).AsTask());
    }

    [TestMethod]
    public async Task TryClaimOutputsAsync_ManyAtOnce_LetsOneIn()
    {
        await using var run = await BeginAsync(1);
        var queues = await run.OpenAsync(8);

        var claimed = await Task.WhenAll(queues.Select(q => Task.Run(() => q.TryClaimOutputsAsync(default).AsTask())));

        Assert.AreEqual(1, claimed.Count(c => c));
        Assert.AreEqual(0, await ClaimAsync(queues[0]), "which is no shard");
    }

    [TestMethod]
    public async Task TryClaimAsync_ManyAtOnce_GivesEachShardToOne()
    {
        await using var run = await BeginAsync(40);
        var queues = await run.OpenAsync(4);

        var claimed = await Task.WhenAll(queues.Select(queue => Task.Run(async () =>
        {
            List<int> mine = [];
            while (await queue.TryClaimAsync(0, null, default) is { } shard)
            {
                mine.Add(shard);
                Assert.IsTrue(await queue.FinishAsync(shard, default));
            }
            return mine;
        })));

        CollectionAssert.AreEquivalent(Enumerable.Range(0, 40).ToArray(), claimed.SelectMany(c => c).ToArray());
    }

    [TestMethod]
    public async Task ReopenAsync_WhatWasFinished_IsThereToBeClaimed()
    {
        await using var run = await BeginAsync(2);
        var (a, b) = (await run.OpenAsync(), await run.OpenAsync());
        await ClaimAsync(a);
        await a.FinishAsync(0, default);

        await b.ReopenAsync(default);

        Assert.IsEmpty(await a.DoneAsync(default));
        Assert.AreEqual(0, await ClaimAsync(a));
    }

    /// <summary>A run of so many shards, none of them claimed, whose claims last longer than a test.</summary>
    private protected abstract ValueTask<OpenQueues> BeginAsync(int shards);

    private protected static Task<int?> ClaimAsync(IWorkQueue queue) => queue.TryClaimAsync(0, null, default).AsTask();

    /// <summary>A run, and all who work on it.</summary>
    private protected abstract class OpenQueues : IAsyncDisposable
    {
        private readonly List<IWorkQueue> _queues = [];

        public async ValueTask<IWorkQueue> OpenAsync()
        {
            _queues.Add(await OneMoreAsync());
            return _queues[^1];
        }

        public async ValueTask<IWorkQueue[]> OpenAsync(int count)
        {
            var queues = new IWorkQueue[count];
            for (var i = 0; i < count; i++)
                queues[i] = await OpenAsync();
            return queues;
        }

        public virtual async ValueTask DisposeAsync()
        {
            foreach (var queue in _queues)
                await queue.DisposeAsync();
            GC.SuppressFinalize(this);
        }

        protected abstract ValueTask<IWorkQueue> OneMoreAsync();
    }
}
