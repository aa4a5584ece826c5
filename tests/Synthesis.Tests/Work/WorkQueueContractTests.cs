namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>What every queue of shards does, wherever the claims are.</summary>
[TestClass]
public sealed class WorkQueueContractTests
{
    private const string InAFolder = "in a folder", InMemory = "in memory";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    [TestMethod]
    [DataRow(InAFolder)]
    [DataRow(InMemory)]
    public async Task TryClaimAsync_TwoProcesses_ShareAllShardsAndFinishEachOnce(string kind)
    {
        await using var run = new Run(kind, 4);
        var (a, b) = (run.Open(), run.Open());

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
    [DataRow(InAFolder)]
    [DataRow(InMemory)]
    public async Task TryClaimAsync_FromAShardOnAndOfAPart_ClaimsTheFirstOfThose(string kind)
    {
        await using var run = new Run(kind, 10);
        var queue = run.Open();

        Assert.AreEqual(3, await queue.TryClaimAsync(3, null, default));
        Assert.AreEqual(4, await queue.TryClaimAsync(3, null, default));
        Assert.AreEqual(5, await queue.TryClaimAsync(4, new SynthesisShard(2, 3), default));
        Assert.AreEqual(8, await queue.TryClaimAsync(4, new SynthesisShard(2, 3), default));
        Assert.IsNull(await queue.TryClaimAsync(9, new SynthesisShard(2, 3), default));
        Assert.AreEqual(2, await queue.TryClaimAsync(0, new SynthesisShard(2, 3), default));
        Assert.IsNull(await queue.TryClaimAsync(10, null, default));
    }

    [TestMethod]
    [DataRow(InAFolder)]
    [DataRow(InMemory)]
    public async Task RenewAsync_WithinTheTimeout_KeepsTheClaim(string kind)
    {
        await using var run = new Run(kind, 1);
        var (owner, other) = (run.Open(), run.Open());
        Assert.AreEqual(0, await ClaimAsync(owner));

        for (int second = 0; second < 300; second += 5)
        {
            Assert.IsNull(await ClaimAsync(other));
            run.Time.Advance(TimeSpan.FromSeconds(5));
            await owner.RenewAsync(default);
        }

        Assert.IsFalse(owner.IsLost(0));
        Assert.IsTrue(await owner.FinishAsync(0, default));
    }

    [TestMethod]
    [DataRow(InAFolder)]
    [DataRow(InMemory)]
    public async Task TryClaimAsync_OwnerThatDoesNotRenew_IsTakenOverAndTold(string kind)
    {
        await using var run = new Run(kind, 2);
        var (owner, other) = (run.Open(), run.Open());
        Assert.AreEqual(0, await ClaimAsync(owner));
        Assert.AreEqual(1, await ClaimAsync(other), "the first is another's");
        await other.FinishAsync(1, default);

        Assert.IsNull(await ClaimAsync(other));
        run.Time.Advance(Timeout - TimeSpan.FromSeconds(1));
        Assert.IsNull(await ClaimAsync(other));
        run.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.AreEqual(0, await ClaimAsync(other));

        await owner.RenewAsync(default);
        Assert.IsTrue(owner.IsLost(0));
        Assert.IsFalse(await owner.FinishAsync(0, default), "it is the other's now");
        Assert.IsFalse(other.IsLost(0));
        Assert.IsTrue(await other.FinishAsync(0, default));
    }

    [TestMethod]
    [DataRow(InAFolder)]
    [DataRow(InMemory)]
    public async Task DisposeAsync_OfAnOwner_LeavesItsClaimsToOthersAfterTheTimeout(string kind)
    {
        await using var run = new Run(kind, 1);
        var (owner, other) = (run.Open(), run.Open());
        await ClaimAsync(owner);
        await ClaimAsync(other);
        await owner.DisposeAsync();

        run.Time.Advance(Timeout);
        await owner.RenewAsync(default);

        Assert.AreEqual(0, await ClaimAsync(other));
        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => ClaimAsync(owner));
    }

    [TestMethod]
    [DataRow(InAFolder)]
    [DataRow(InMemory)]
    public async Task ReleaseAsync_WhatIsClaimed_IsFreeAtOnceAndNotFinished(string kind)
    {
        await using var run = new Run(kind, 2);
        var (a, b) = (run.Open(), run.Open());
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
    [DataRow(InAFolder)]
    [DataRow(InMemory)]
    public async Task TryClaimOutputsAsync_ManyAtOnce_LetsOneIn(string kind)
    {
        await using var run = new Run(kind, 1);
        var queues = Enumerable.Range(0, 8).Select(_ => run.Open()).ToArray();

        var claimed = await Task.WhenAll(queues.Select(q => Task.Run(() => q.TryClaimOutputsAsync(default).AsTask())));

        Assert.AreEqual(1, claimed.Count(c => c));
        Assert.AreEqual(0, await ClaimAsync(queues[0]), "which is no shard");
    }

    [TestMethod]
    [DataRow(InAFolder)]
    [DataRow(InMemory)]
    public async Task TryClaimAsync_ManyAtOnce_GivesEachShardToOne(string kind)
    {
        await using var run = new Run(kind, 40);
        var queues = Enumerable.Range(0, 4).Select(_ => run.Open()).ToArray();

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
    [DataRow(InAFolder)]
    [DataRow(InMemory)]
    public async Task ReopenAsync_WhatWasFinished_IsThereToBeClaimed(string kind)
    {
        await using var run = new Run(kind, 2);
        var (a, b) = (run.Open(), run.Open());
        await ClaimAsync(a);
        await a.FinishAsync(0, default);

        await b.ReopenAsync(default);

        Assert.IsEmpty(await a.DoneAsync(default));
        Assert.AreEqual(0, await ClaimAsync(a));
    }

    private static Task<int?> ClaimAsync(IWorkQueue queue) => queue.TryClaimAsync(0, null, default).AsTask();

    /// <summary>A run of so many shards, and all who work on it, with one clock.</summary>
    private sealed class Run : IAsyncDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly MemoryShards? _memory;
        private readonly int _shards;
        private readonly List<IWorkQueue> _queues = [];

        public Run(string kind, int shards)
        {
            _shards = shards;
            _memory = kind == InMemory ? new MemoryShards(shards, Options) : null;
        }

        public ManualTime Time { get; } = new();

        private LeaseOptions Options => new() { Timeout = Timeout, Time = Time };

        public IWorkQueue Open()
        {
            _queues.Add(_memory is not null ? new MemoryWorkQueue(_memory)
                : new ShardLeases(_folder.Path, _shards, RunOwner.Create(null), Options));
            return _queues[^1];
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var queue in _queues)
                await queue.DisposeAsync();
            _folder.Dispose();
        }
    }
}
