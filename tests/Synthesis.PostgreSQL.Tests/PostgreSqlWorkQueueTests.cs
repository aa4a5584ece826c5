namespace XlLoraOnnx.Synthesis.PostgreSQL.Tests;

/// <summary>Claims go by the clock of the server, which no test can set; the rest is what every queue does.</summary>
[TestClass]
public sealed class PostgreSqlWorkQueueTests : WorkQueueContract
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5), Short = TimeSpan.FromMilliseconds(300);

    [TestMethod]
    public async Task RenewAsync_OfOneOfTwo_KeepsItsClaimAndTellsTheOtherOfItsLoss()
    {
        await using var run = new Queues(2, Short);
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
    public async Task WaitAsync_ShardGivenBack_IsHeardAtOnce()
    {
        await using var run = await BeginAsync(1);
        var (a, b) = (await run.OpenAsync(), await run.OpenAsync());
        await ClaimAsync(a);
        var woken = b.WaitAsync(Long, default).AsTask();
        await Task.Delay(300);
        Assert.IsFalse(woken.IsCompleted);

        await a.ReleaseAsync(default);

        await woken.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.AreEqual(0, await ClaimAsync(b));
    }

    /// <summary>What the server knows of the table decides in which order it joins, and is older than the run.</summary>
    [TestMethod]
    public async Task TryClaimAsync_StatisticsFromBeforeTheRun_ClaimsOneShard()
    {
        await using (var before = await BeginAsync(1))
            await before.OpenAsync();
        await TestServer.ExecuteAsync("DELETE FROM xllora.shards; INSERT INTO xllora.shards (run, shard, done) SELECT (SELECT max(run) FROM "
            + "xllora.runs), shard, true FROM generate_series(-1, 100) shard; ANALYZE xllora.shards");
        await using var run = await BeginAsync(4);
        var (a, b) = (await run.OpenAsync(), await run.OpenAsync());

        int?[] claimed = [await ClaimAsync(a), await ClaimAsync(b), await ClaimAsync(a), await ClaimAsync(b), await ClaimAsync(a)];

        CollectionAssert.AreEqual((int?[])[0, 1, 2, 3, null], claimed);
    }

    private protected override ValueTask<OpenQueues> BeginAsync(int shards) => new(new Queues(shards, Long));

    private sealed class Queues(int shards, TimeSpan timeout) : OpenQueues
    {
        private readonly TestRun _run = new();

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            await _run.DisposeAsync();
        }

        protected override async ValueTask<IWorkQueue> OneMoreAsync()
        {
            var backend = await _run.BackendAsync();
            return await backend.OpenQueue("id", shards, timeout, default);
        }
    }
}
