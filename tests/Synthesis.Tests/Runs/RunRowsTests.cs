namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class RunRowsTests
{
    private const int ShardRows = RowsProcess.ShardRows;

    private static readonly SynthesisOptions Options = new() { Sampling = new SamplingOptions { DoSample = true }, MaxAttempts = 2 };

    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(10, 1)]
    [DataRow(25, 3)]
    public async Task ReadAsync_OneProcess_GivesAllRowsInOrderAndFinishesEveryShard(int anchors, int samples)
    {
        using var folder = new TemporaryFolder();
        await using var process = new RowsProcess(folder, anchors, Options with { Samples = samples });

        var rows = await process.DoAllAsync();

        CollectionAssert.AreEqual(
            Enumerable.Range(0, anchors).SelectMany(i => Enumerable.Range(0, samples).Select(s => ((long)i, s))).ToArray(),
            rows.Select(r => (r.Row, r.Sample)).ToArray());
        Assert.HasCount(rows.Count, rows.Select(r => (r.Key, r.Sample)).Distinct());
        Assert.IsTrue(await process.AreAllDoneAsync() && process.Leases.IsAllDone);
        Assert.IsEmpty(await process.DoAllAsync(), "nothing is left");
    }

    [TestMethod]
    public async Task ReadAsync_RowsThatAreNotSettled_KeepTheirShardOpenAndNothingComesTwice()
    {
        using var folder = new TemporaryFolder();
        await using var process = new RowsProcess(folder, 25, Options);
        List<RowWork> open = [];
        await using var rows = process.Rows.ReadAsync(CancellationToken.None).GetAsyncEnumerator();
        while (await rows.MoveNextAsync() && rows.Current is { } row)
            open.Add(row);
        Assert.HasCount(25, open);
        Assert.AreEqual(0, process.Leases.Done);

        var waiting = rows.MoveNextAsync();
        foreach (var row in open[1..])
            await process.SettleAsync(row);
        Assert.IsFalse(await process.AreAllDoneAsync());
        CollectionAssert.AreEqual(new[] { false, true, true }, Enumerable.Range(0, 3).Select(process.Leases.IsDone).ToArray(),
            "the first row of the first shard is open");
        await process.SettleAsync(open[0]);

        Assert.IsFalse(await NextRowAsync(rows, waiting));
        Assert.IsTrue(process.Leases.IsAllDone);
    }

    [TestMethod]
    public async Task ReadAsync_ShardsOfAnother_AreLeftUntilItGivesThemBack()
    {
        using var folder = new TemporaryFolder();
        await using var mine = new RowsProcess(folder, 30, Options);
        await using var other = new RowsProcess(folder, 30, Options);
        Assert.AreEqual(1, other.Leases.TryTake(s => s == 1));
        List<long> got = [];
        await using var rows = mine.Rows.ReadAsync(CancellationToken.None).GetAsyncEnumerator();
        while (await rows.MoveNextAsync() && rows.Current is { } row)
        {
            got.Add(row.Row);
            await mine.SettleAsync(row);
        }

        CollectionAssert.AreEqual(Enumerable.Range(0, 30).Where(r => r / ShardRows != 1).Select(r => (long)r).ToArray(), got.ToArray());
        var waiting = rows.MoveNextAsync();
        await Task.Delay(100, CancellationToken.None);
        Assert.IsFalse(waiting.IsCompleted);
        Assert.AreEqual(SynthesisStage.Waiting, mine.Counters.Stage);
        other.Leases.Release(1);

        Assert.IsTrue(await NextRowAsync(rows, waiting));
        Assert.AreEqual(10, rows.Current!.Row);
    }

    [TestMethod]
    public async Task ReadAsync_AnotherFinishesTheLastShard_Ends()
    {
        using var folder = new TemporaryFolder();
        await using var mine = new RowsProcess(folder, 20, Options);
        await using var other = new RowsProcess(folder, 20, Options);
        other.Leases.TryTake(s => s == 0);
        await using var rows = mine.Rows.ReadAsync(CancellationToken.None).GetAsyncEnumerator();
        while (await rows.MoveNextAsync() && rows.Current is { } row)
            await mine.SettleAsync(row);
        var waiting = rows.MoveNextAsync();

        other.Leases.Finish(0);

        Assert.IsFalse(await NextRowAsync(rows, waiting));
    }

    [TestMethod]
    public async Task ReadAsync_ShardThatWasLost_GivesNoMoreRowsAndIsNotFinished()
    {
        using var folder = new TemporaryFolder();
        await using var mine = new RowsProcess(folder, 30, Options);
        List<RowWork> got = [];
        await foreach (var row in mine.Rows.ReadAsync(CancellationToken.None))
        {
            if (row is null)
                break;
            got.Add(row);
            if (got.Count == 3)
            {
                // a claim above this one is what a takeover looks like
                File.Copy(folder.File("leases/00000-1.lease"), folder.File("leases/00000-2.lease"));
                mine.Leases.Beat();
            }
        }

        CollectionAssert.AreEqual(new long[] { 0, 1, 2 }, got.Select(r => r.Row).Where(r => r < ShardRows).ToArray());
        foreach (var row in got)
            await mine.SettleAsync(row);
        CollectionAssert.AreEqual(new[] { false, true, true }, Enumerable.Range(0, 3).Select(mine.Leases.IsDone).ToArray());
    }

    [TestMethod]
    public async Task ReadAsync_WhatTheJournalsHold_IsNotAskedForAgain()
    {
        using var folder = new TemporaryFolder();
        await using (var before = new RowsProcess(folder, 20, Options))
        {
            // all of row 0, one side of row 1, a refused attempt of row 2
            before.Answer(0, SynthesisSide.Positive, RejectionReason.Empty, attempt: 1);
            before.Answer(0, SynthesisSide.Negative, null);
            before.Answer(1, SynthesisSide.Positive, null);
            before.Answer(2, SynthesisSide.Negative, RejectionReason.Length);
        }

        await using var process = new RowsProcess(folder, 20, Options);
        var rows = await process.DoAllAsync();

        CollectionAssert.AreEqual(Enumerable.Range(1, 19).Select(r => (long)r).ToArray(), rows.Select(r => r.Row).ToArray());
        Assert.AreEqual(SentenceStatus.Accepted, rows[0][SynthesisSide.Positive]!.Status);
        Assert.AreEqual(SentenceStatus.Open, rows[0][SynthesisSide.Negative]!.Status);
        Assert.AreEqual((0, 1), (rows[1][SynthesisSide.Positive]!.Attempt, rows[1][SynthesisSide.Negative]!.Attempt));
        Assert.AreEqual((1L, 20L), (process.Counters.Rows - process.Counters.OwnRows, process.Counters.Rows));
    }

    [TestMethod]
    public async Task ReadAsync_AnchorsThatAreNoRows_AreCountedAndLeftOut()
    {
        using var folder = new TemporaryFolder();
        folder.Write("anchors.jsonl", """
            {"sent0": "one"}
            {"sent0": " "}
            {"sent0": "two"}
            {"sent0": "one"}
            {"sent0": "a\u0000b"}
            """);
        await using var process = new RowsProcess(folder, 5, Options with { Samples = 2 }, job => job with { Dedupe = true }, "anchors.jsonl");

        var rows = await process.DoAllAsync();

        CollectionAssert.AreEqual(new long[] { 0, 0, 2, 2 }, rows.Select(r => r.Row).ToArray());
        Assert.AreEqual(10, process.Counters.Rows, "what is left out is decided");
        Assert.IsTrue(process.Leases.IsAllDone);
    }

    [TestMethod]
    public async Task ReadAsync_FixedPart_TakesNoOtherShardAndEndsWithItsOwn()
    {
        using var folder = new TemporaryFolder();
        await using var process = new RowsProcess(folder, 45, Options, job => job with { Shard = new SynthesisShard(1, 2) });

        var rows = await process.DoAllAsync();

        CollectionAssert.AreEqual(
            Enumerable.Range(0, 45).Where(r => r / ShardRows % 2 == 1).Select(r => (long)r).ToArray(), rows.Select(r => r.Row).ToArray());
        Assert.IsTrue(await process.AreAllDoneAsync(new SynthesisShard(1, 2)));
        Assert.IsFalse(await process.AreAllDoneAsync());
    }

    [TestMethod]
    public async Task ReadAsync_CancelledWhileItWaits_Ends()
    {
        using var folder = new TemporaryFolder();
        await using var mine = new RowsProcess(folder, 10, Options);
        await using var other = new RowsProcess(folder, 10, Options);
        other.Leases.TryTake();
        using var cancel = new CancellationTokenSource();
        await using var rows = mine.Rows.ReadAsync(cancel.Token).GetAsyncEnumerator();
        Assert.IsTrue(await rows.MoveNextAsync());
        Assert.IsNull(rows.Current);
        var waiting = rows.MoveNextAsync();

        await cancel.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => waiting.AsTask());
    }

    /// <summary>Goes on past whatever nulls come first.</summary>
    private static async Task<bool> NextRowAsync(IAsyncEnumerator<RowWork?> rows, ValueTask<bool> next)
    {
        bool isAny = await next.AsTask().WaitAsync(TimeSpan.FromMinutes(1));
        while (isAny && rows.Current is null)
            isAny = await rows.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1));
        return isAny;
    }
}
