namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class RunStatusReaderTests
{
    private const int Anchors = 200;

    [TestMethod]
    public async Task Read_OfARunThatStopped_CountsWhatIsDecidedAndSaysThatNobodyWorks()
    {
        using var folder = new TemporaryFolder();
        var stopped = await StopAsync(folder, after: 150);
        using var reader = new RunStatusReader(folder.File("run"));

        var status = reader.Read();

        Assert.AreEqual(stopped.Rows, status.DoneRows);
        Assert.AreEqual(Anchors, status.Rows);
        Assert.IsGreaterThan(0L, status.DoneRows);
        Assert.IsLessThan(Anchors, status.DoneRows);
        Assert.IsFalse(status.IsComplete);
        Assert.IsNull(status.TimeLeft);
        var task = status.Tasks.Single();
        Assert.AreEqual((RunTaskState.Ended, 0, Environment.MachineName), (task.State, task.Shards, task.Host));
        Assert.IsGreaterThan(status.DoneRows, task.Answers);
        await RunAsync(folder, ScriptedSource.Generator());
        // with the same reader: only what is new is read
        var after = reader.Read();
        Assert.AreEqual((true, Anchors, after.Shards), (after.IsComplete, (int)after.DoneRows, after.DoneShards));
    }

    [TestMethod]
    public async Task Read_WhileTwoWork_HasTheirRatesAndTheTimeLeft()
    {
        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        var working = Enumerable.Range(0, 2).Select(_ => Task.Run(() => RunAsync(
            folder, ScriptedSource.Generator(step: TimeSpan.FromMilliseconds(250)), finish: stop.Token))).ToArray();
        RunStatus? status = null;
        // all of it takes six seconds, so that on a machine that is busy it is not over before it is looked at
        while (status is not { Tasks.Count: 2, TimeLeft: not null, DoneRows: > 20, IsComplete: false } && !working.Any(w => w.IsCompleted))
        {
            await Task.Delay(10);
            if (!File.Exists(folder.File("run/run.json")))
                continue;
            using var reader = new RunStatusReader(folder.File("run"));
            status = reader.Read();
        }

        Assert.IsNotNull(status?.TimeLeft);
        Assert.HasCount(2, status.Tasks.Where(t => t is { State: RunTaskState.Working, Shards: > 0 }));
        Assert.IsGreaterThan(0, status.RowsPerSecond);
        await stop.CancelAsync();
        foreach (var ended in working)
            await Assert.ThrowsAsync<OperationCanceledException>(() => ended);
    }

    [TestMethod]
    [DataRow(10, RunTaskState.Working)]
    [DataRow(60, RunTaskState.Lost)]
    public async Task Read_OfATaskOnAnotherMachine_GoesByItsSilence(int seconds, RunTaskState expected)
    {
        using var folder = new TemporaryFolder();
        await StopAsync(folder, after: 40);
        var owner = new RunOwner("other", "node17", "its boot", 2, "1") { Task = "4711_2" };
        var journals = new JournalFolder(folder.File("run"));
        File.Copy(journals.Journal(1), journals.Journal(2));
        journals.WriteOwner(2, owner);
        folder.Write("run/leases/00003-1.lease", System.Text.Encoding.UTF8.GetString(new Lease(owner, 5, LeaseState.Held).ToBytes()));
        File.SetLastWriteTimeUtc(folder.File("run/leases/00003-1.lease"), DateTime.UtcNow.AddSeconds(-seconds));
        using var reader = new RunStatusReader(folder.File("run"));

        var task = reader.Read().Tasks[1];

        Assert.AreEqual((expected, "node17", "4711_2", 1), (task.State, task.Host, task.Task, task.Shards));
        Assert.IsGreaterThanOrEqualTo(seconds - 1, task.Silence!.Value.TotalSeconds);
    }

    [TestMethod]
    public void Constructor_WhereThereIsNoRun_SaysWhatIsMeant()
    {
        using var folder = new TemporaryFolder();

        var refused = Assert.ThrowsExactly<FileNotFoundException>(() => new RunStatusReader(folder.File("run")));

        StringAssert.Contains(refused.Message, "run.json");
    }

    /// <summary>A run that is asked to stop after so many answers.</summary>
    private static async Task<SynthesisInterruptedException> StopAsync(TemporaryFolder folder, int after)
    {
        using var stop = new CancellationTokenSource();
        var answers = 0;
        using var generator = new ScriptedGenerator(r =>
        {
            if (++answers == after)
                stop.Cancel();
            return ScriptedGenerator.Answer(r, $"Somebody carries {(r.Adapter == "pos" ? "bread" : "stones")} to house {r.RowId}.");
        });
        return await Assert.ThrowsExactlyAsync<SynthesisInterruptedException>(() => RunAsync(folder, generator, finish: stop.Token));
    }

    private static Task<SynthesisReport> RunAsync(TemporaryFolder folder, ITextGenerator generator, CancellationToken finish = default)
    {
        if (!File.Exists(folder.File("anchors.txt")))
            folder.Write("anchors.txt", string.Concat(Enumerable.Range(0, Anchors).Select(i => $"anchor {i}\n")));
        return new SynthesisRun(ScriptedSource.Of(generator), new SynthesisJobOptions
        {
            Input = folder.File("anchors.txt"),
            Output = folder.File("run"),
            Synthesis = ScriptedSource.Options,
            Finish = finish,
        }).RunAsync(CancellationToken.None);
    }
}
