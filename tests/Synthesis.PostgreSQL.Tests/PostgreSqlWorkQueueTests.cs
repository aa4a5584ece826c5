namespace XlLoraOnnx.Synthesis.PostgreSQL.Tests;

/// <summary>What <c>WorkQueueContractTests</c> want of the other queues, by the clock of a server, which no test can set.</summary>
[TestClass]
public sealed class PostgreSqlWorkQueueTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5), Short = TimeSpan.FromMilliseconds(300);

    [TestMethod]
    public async Task TryClaimAsync_TwoProcesses_ShareAllShardsAndFinishEachOnce()
    {
        await using var run = await Queues.BeginAsync(4, Long);
        var (a, b) = (await run.OpenAsync(), await run.OpenAsync());

        int?[] claimed = [await ClaimAsync(a), await ClaimAsync(b), await ClaimAsync(a), await ClaimAsync(b), await ClaimAsync(a)];

        CollectionAssert.AreEqual(new int?[] { 0, 1, 2, 3, null }, claimed);
        Assert.IsTrue(await a.FinishAsync(2, default) && await b.FinishAsync(1, default));
        foreach (var queue in (IWorkQueue[])[a, b])
            CollectionAssert.AreEquivalent(new[] { 1, 2 }, (await queue.DoneAsync(default)).ToArray());
        Assert.IsTrue(await a.FinishAsync(0, default) && await b.FinishAsync(3, default));
        Assert.IsNull(await ClaimAsync(a));
        Assert.HasCount(4, await b.DoneAsync(default));
        await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => a.FinishAsync(3, default).AsTask());
    }

    [TestMethod]
    public async Task TryClaimAsync_FromAShardOnAndOfAPart_ClaimsTheFirstOfThose()
    {
        await using var run = await Queues.BeginAsync(10, Long);
        var queue = await run.OpenAsync();

        Assert.AreEqual(3, await queue.TryClaimAsync(3, null, default));
        Assert.AreEqual(5, await queue.TryClaimAsync(4, new SynthesisShard(2, 3), default));
        Assert.AreEqual(8, await queue.TryClaimAsync(4, new SynthesisShard(2, 3), default));
        Assert.IsNull(await queue.TryClaimAsync(9, new SynthesisShard(2, 3), default));
        Assert.AreEqual(2, await queue.TryClaimAsync(0, new SynthesisShard(2, 3), default));
        Assert.IsNull(await queue.TryClaimAsync(10, null, default));
    }

    [TestMethod]
    public async Task RenewAsync_OfOneOfTwo_KeepsItsClaimAndTellsTheOtherOfItsLoss()
    {
        await using var run = await Queues.BeginAsync(2, Short);
        var (diligent, silent, heir) = (await run.OpenAsync(), await run.OpenAsync(), await run.OpenAsync());
        Assert.AreEqual(0, await ClaimAsync(diligent));
        Assert.AreEqual(1, await ClaimAsync(silent));
        Assert.IsNull(await ClaimAsync(heir));

        int? inherited = null;
        for (var i = 0; i < 100 && inherited is null; i++)
        {
            await diligent.RenewAsync(default);
            await Task.Delay(30);
            inherited = await ClaimAsync(heir);
        }

        Assert.AreEqual(1, inherited);
        await silent.RenewAsync(default);
        Assert.IsTrue(silent.IsLost(1) && !diligent.IsLost(0) && !heir.IsLost(1));
        Assert.IsFalse(await silent.FinishAsync(1, default), "it is the other's now");
        Assert.IsTrue(await diligent.FinishAsync(0, default) && await heir.FinishAsync(1, default));
    }

    [TestMethod]
    public async Task ReleaseAsync_WhatIsClaimed_IsFreeAtOnceAndOthersHearOfIt()
    {
        await using var run = await Queues.BeginAsync(1, Long);
        var (a, b) = (await run.OpenAsync(), await run.OpenAsync());
        await ClaimAsync(a);
        Assert.IsTrue(await a.TryClaimOutputsAsync(default));
        Assert.IsFalse(await b.TryClaimOutputsAsync(default));
        var woken = b.WaitAsync(Long, default).AsTask();
        await Task.Delay(300);
        Assert.IsFalse(woken.IsCompleted);

        await a.ReleaseAsync(default);

        await woken.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.AreEqual(0, await ClaimAsync(b));
        Assert.IsTrue(await b.TryClaimOutputsAsync(default));
        Assert.IsEmpty(await a.DoneAsync(default));
    }

    [TestMethod]
    public async Task TryClaimAsync_ManyAtOnce_GivesEachShardToOne()
    {
        await using var run = await Queues.BeginAsync(40, Long);
        var queues = new List<IWorkQueue>();
        for (var i = 0; i < 4; i++)
            queues.Add(await run.OpenAsync());

        var claimed = await Task.WhenAll(queues.Select(queue => Task.Run(async () =>
        {
            List<int> mine = [];
            while (await ClaimAsync(queue) is { } shard)
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
        await using var run = await Queues.BeginAsync(2, Long);
        var (a, b) = (await run.OpenAsync(), await run.OpenAsync());
        await ClaimAsync(a);
        await a.FinishAsync(0, default);
        Assert.HasCount(1, await a.DoneAsync(default));

        await b.ReopenAsync(default);

        Assert.IsEmpty(await a.DoneAsync(default));
        Assert.AreEqual(0, await ClaimAsync(a));
    }

    private static Task<int?> ClaimAsync(IWorkQueue queue) => queue.TryClaimAsync(0, null, default).AsTask();

    private sealed class Queues(PostgreSqlRun run, int shards, TimeSpan timeout) : IAsyncDisposable
    {
        private readonly List<IWorkQueue> _queues = [];

        public static async Task<Queues> BeginAsync(int shards, TimeSpan timeout) =>
            new(await PostgreSqlRun.OpenAsync(PostgreSqlRunAddress.Parse(await TestServer.RunAsync())), shards, timeout);

        public async Task<IWorkQueue> OpenAsync()
        {
            _queues.Add(await run.Backend.OpenQueue("id", shards, timeout, default));
            return _queues[^1];
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var queue in _queues)
                await queue.DisposeAsync();
            await run.DisposeAsync();
        }
    }
}
