namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>Runs whose answers, or whose everything, is in memory.</summary>
public sealed partial class SynthesisRunTests
{
    [TestMethod]
    public async Task RunAsync_WithoutAFolder_GivesTheRowsOfARunInOne()
    {
        using var folder = new TemporaryFolder();
        var input = Input(folder, 300);
        static SynthesisJobOptions Strict(SynthesisJobOptions job) => job with { RejectNearDuplicates = true, MaxOccurrences = 2 };
        var written = await RunAsync(folder, input, job: Strict);
        var files = Directory.GetFileSystemEntries(folder.Path).Length;

        var kept = await RunAsync(folder, input, job: job => Strict(job) with { Output = null });

        Assert.IsTrue(kept.IsComplete);
        Assert.AreEqual(("", ""), (kept.Folder, kept.Output));
        Assert.HasCount(files, Directory.GetFileSystemEntries(folder.Path), "nothing is written");
        Assert.AreEqual((written.Triplets, 300), (kept.Triplets, kept.Results.Count));
        CollectionAssert.AreEquivalent(written.Rejected.ToArray(), kept.Rejected.ToArray());
        Assert.IsTrue(kept.Rejected.ContainsKey(RejectionReason.NearDuplicate), "rows are judged beside each other");
        var lines = File.ReadLines(folder.File("run/triplets.csv")).Skip(1).ToArray();
        CollectionAssert.AreEqual(lines, kept.Results.Where(r => r.IsTriplet).Select(r => $"{r.Sent0},{r.Sent1},{r.HardNeg}").ToArray());
        CollectionAssert.AreEqual(Enumerable.Range(0, 300).Select(r => (long)r).ToArray(), kept.Results.Select(r => r.RowId).ToArray());
        Assert.IsEmpty(written.Results, "those are in files");
    }

    [TestMethod]
    public async Task RunAsync_WithoutAFolderGivenUp_IsCancelledAndNothingElse()
    {
        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        using var generator = new ScriptedGenerator(r =>
        {
            stop.Cancel();
            return ScriptedSource.Generator().Answered(r);
        });

        var e = await Assert.ThrowsAsync<OperationCanceledException>(() => RunAsync(
            folder, Input(folder, 100), generator, job: j => j with { Output = null }, cancel: stop.Token));

        Assert.IsNotInstanceOfType<SynthesisInterruptedException>(e, "it could not be taken up again");
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public async Task RunAsync_AnswersInMemory_GivesTheSameFiles(int jobs)
    {
        using var folder = new TemporaryFolder();
        var input = Input(folder, 1000);
        await RunAsync(folder, input, run: "undisturbed");
        var backend = SynthesisBackend.InMemory();

        var reports = await Task.WhenAll(Enumerable.Range(0, jobs).Select(_ => Task.Run(() => RunAsync(
            folder, input, ScriptedSource.Generator(step: TimeSpan.FromMilliseconds(jobs - 1)), job: j => j with { Backend = backend }))));

        AssertSame(folder, "undisturbed", "run");
        Assert.AreEqual(1000, reports.Sum(r => r.OwnRows));
        Assert.IsTrue(reports.All(r => r.IsComplete));
        Assert.IsEmpty(Directory.GetFiles(folder.File("run/journal")));
        Assert.IsTrue(RunVerifier.Verify(folder.File("run")).All(c => c.Passed));
    }

    [TestMethod]
    public async Task RetryAsync_WithoutAFolder_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var run = new SynthesisRun(
            ScriptedSource.Of(ScriptedSource.Generator()), Job(folder, Input(folder, 10), "run") with { Output = null });

        await Assert.ThrowsExactlyAsync<ArgumentException>(() => run.RetryAsync(new HashSet<RejectionReason>(), default));
    }
}
