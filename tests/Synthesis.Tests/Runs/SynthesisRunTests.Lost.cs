namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>Answers of finished shards that whoever writes the outputs does not find.</summary>
public sealed partial class SynthesisRunTests
{
    [TestMethod]
    [DataRow(2, DisplayName = "seen late")]
    [DataRow(int.MaxValue, DisplayName = "gone")]
    public async Task RunAsync_FinishedShardsWithoutAllAnswers_AreCompletedByTheSameProcess(int hiddenFor)
    {
        using var folder = new TemporaryFolder();
        var input = Input(folder, 600);
        await RunAsync(folder, input, run: "undisturbed");
        var all = SynthesisBackend.InMemory();
        await RunAsync(folder, input, job: j => j with { Backend = all, WriteOutputs = false });
        HashSet<RowKey> hidden = [];
        var backend = new LossyBackend(all, (asked, mark) => asked <= hiddenFor && mark.Offset % 14 == 0 && (hidden.Add(mark.Key) || true))
            .Backend;
        List<SynthesisProgress> told = [];

        var report = await RunAsync(folder, input, job: j => j with { Backend = backend }, progress: new Told<SynthesisProgress>(told.Add));

        AssertSame(folder, "undisturbed", "run");
        Assert.AreEqual(1, report.Reopened);
        // an answer that is not the last to its sentence is not missed
        var gone = hiddenFor == int.MaxValue ? hidden.Count : 0;
        Assert.IsInRange(gone / 2, gone, (int)report.OwnRows);
        Assert.IsGreaterThan(50, hidden.Count);
        Assert.IsTrue(told.All(t => t.Rows <= t.TotalRows), "no row is counted twice");
        Assert.AreEqual(600L, told[^1].Rows);
    }

    /// <summary>Where others have the parts that are not this process's, they may have ended long ago.</summary>
    [TestMethod]
    public async Task RunAsync_AnswersOfAnotherPartAreGone_AreMadeAllTheSame()
    {
        using var folder = new TemporaryFolder();
        var input = Input(folder, 600);
        await RunAsync(folder, input, run: "undisturbed");
        var all = SynthesisBackend.InMemory();
        await RunAsync(folder, input, job: j => j with { Backend = all, Shard = new SynthesisShard(0, 2) });
        var backend = new LossyBackend(all, (_, mark) => mark.Offset % 14 == 0).Backend;

        var report = await RunAsync(folder, input, job: j => j with { Backend = backend, Shard = new SynthesisShard(1, 2) });

        AssertSame(folder, "undisturbed", "run");
        Assert.IsTrue(report.IsComplete);
        Assert.AreEqual(1, report.Reopened);
    }

    [TestMethod]
    public async Task RunAsync_AnswersAreGoneAgainAndAgain_SaysWhichAndWhatToDo()
    {
        using var folder = new TemporaryFolder();
        var input = Input(folder, 100);
        var all = SynthesisBackend.InMemory();
        await RunAsync(folder, input, job: j => j with { Backend = all, WriteOutputs = false });
        var backend = new LossyBackend(all, (_, mark) => mark.Offset % 14 == 0) { CanReopen = false }.Backend;

        var e = await Assert.ThrowsAsync<IOException>(() => RunAsync(folder, input, job: j => j with { Backend = backend }));

        StringAssert.Matches(e.Message, new("^Row [0-9]+ of \\S+ has not all its answers, although its shard was finished: they were lost "
            + "where they are kept, .* Look after the disk or the database, then run the same command again: "));
        Assert.IsFalse(File.Exists(folder.File("run/triplets.csv")));
    }
}
