
namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed partial class ShardLeasesTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    [TestMethod]
    public void TryTake_TwoProcesses_ShareAllShardsAndFinishEachOnce()
    {
        using var folder = new TemporaryFolder();
        using var a = Open(folder, 5, new ManualTime());
        using var b = Open(folder, 5, new ManualTime());

        int?[] taken = [a.TryTake(), b.TryTake(), a.TryTake(), b.TryTake(), a.TryTake(), b.TryTake(), a.TryTake()];

        CollectionAssert.AreEqual(new int?[] { 0, 1, 2, 3, 4, null, null }, taken);
        Assert.IsTrue(a.Finish(0) && b.Finish(1) && a.Finish(2) && b.Finish(3));
        Assert.IsFalse(b.IsAllDone);
        Assert.IsTrue(a.Finish(4));
        Assert.IsNull(b.TryTake());
        Assert.IsTrue(a.IsAllDone && b.IsAllDone);
        Assert.AreEqual(5, b.Done);
        CollectionAssert.AreEqual(
            new[] { "00000.done", "00001.done", "00002.done", "00003.done", "00004.done" }, Files(folder));
    }

    [TestMethod]
    public void TryTake_OnlySome_TakesNoOther()
    {
        using var folder = new TemporaryFolder();
        using var leases = Open(folder, 10, new ManualTime());

        Assert.AreEqual(3, leases.TryTake(s => s % 4 == 3));
        Assert.AreEqual(7, leases.TryTake(s => s % 4 == 3));
        Assert.IsNull(leases.TryTake(s => s % 4 == 3));
    }

    [TestMethod]
    public void TryTake_OwnerThatBeats_IsNeverTakenOver()
    {
        using var folder = new TemporaryFolder();
        var time = new ManualTime();
        using var owner = Open(folder, 1, time);
        using var other = Open(folder, 1, time);
        Assert.AreEqual(0, owner.TryTake());

        for (int second = 0; second < 300; second++)
        {
            Assert.IsNull(other.TryTake());
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.IsTrue(owner.Finish(0));
    }

    [TestMethod]
    public void TryTake_OwnerThatStopped_IsTakenOverAfterTheTimeoutAndToldWhenItComesBack()
    {
        using var folder = new TemporaryFolder();
        var (stopped, time) = (new ManualTime(), new ManualTime());
        using var owner = Open(folder, 2, stopped);
        using var other = Open(folder, 2, time);
        List<int> lost = [];
        owner.Lost += lost.Add;
        Assert.AreEqual(0, owner.TryTake());

        Assert.IsNull(other.TryTake(s => s == 0));
        time.Advance(Timeout - TimeSpan.FromSeconds(1));
        Assert.IsNull(other.TryTake(s => s == 0));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.AreEqual(0, other.TryTake(s => s == 0));

        Assert.IsFalse(owner.IsLost(0), "it has not looked");
        stopped.Advance(TimeSpan.FromSeconds(5));
        Assert.IsTrue(owner.IsLost(0));
        CollectionAssert.AreEqual(new[] { 0 }, lost);
        Assert.IsFalse(owner.Finish(0));
        Assert.IsFalse(other.IsLost(0));
        Assert.IsTrue(other.Finish(0));
        Assert.AreEqual(1, owner.TryTake());
    }

    [TestMethod]
    public void Finish_AfterBeingTakenOver_IsFalseWithoutAnyBeatBefore()
    {
        using var folder = new TemporaryFolder();
        var time = new ManualTime();
        using var owner = Open(folder, 1, new ManualTime());
        using var other = Open(folder, 1, time);
        owner.TryTake();
        other.TryTake();
        time.Advance(Timeout);
        Assert.AreEqual(0, other.TryTake());

        Assert.IsFalse(owner.Finish(0));

        Assert.IsTrue(owner.IsLost(0));
        Assert.AreEqual(0, owner.Done);
        Assert.ThrowsExactly<InvalidOperationException>(() => Open(folder, 1, time).Finish(0));
    }

    [TestMethod]
    public void IsLost_AskedAfterASuspension_LooksEvenBeforeTheTimer()
    {
        using var folder = new TemporaryFolder();
        var (suspended, time) = (new ManualTime(), new ManualTime());
        using var owner = Open(folder, 1, suspended);
        using var other = Open(folder, 1, time);
        owner.TryTake();
        other.TryTake();
        time.Advance(Timeout);
        Assert.AreEqual(0, other.TryTake());

        suspended.Jump(Timeout);

        Assert.IsTrue(owner.IsLost(0));
    }

    [TestMethod]
    public void TryTake_OwnerThatDiedOnThisMachine_IsTakenOverAtOnce()
    {
        using var folder = new TemporaryFolder();
        var time = new ManualTime();
        var died = RunJournal.Open(folder.Path, JournalAnswers.RunId);
        using var living = RunJournal.Open(folder.Path, JournalAnswers.RunId);
        using var dead = new ShardLeases(folder.Path, 3, died.Owner, Options(time));
        using var alive = new ShardLeases(folder.Path, 3, living.Owner, Options(time));
        Assert.AreEqual(0, dead.TryTake());
        Assert.AreEqual(1, alive.TryTake());
        Assert.AreEqual(2, dead.TryTake());
        Assert.IsNull(alive.TryTake());

        // The lock is what the system takes back from a process that dies.
        died.Dispose();
        Assert.AreEqual(0, alive.TryTake());

        // And once the journal is continued, its lock is held again, by another.
        using var next = RunJournal.Open(folder.Path, JournalAnswers.RunId);
        Assert.AreEqual(died.Path, next.Path);
        using var continued = new ShardLeases(folder.Path, 3, next.Owner, Options(time));
        Assert.AreEqual(2, continued.TryTake());
        Assert.IsNull(continued.TryTake());
    }

    [TestMethod]
    public void TryTake_OwnerOfAnotherMachine_IsOnlyTakenOverAfterTheTimeout()
    {
        using var folder = new TemporaryFolder();
        var time = new ManualTime();
        var far = RunJournal.Open(folder.Path, JournalAnswers.RunId);
        using var owner = new ShardLeases(folder.Path, 1, far.Owner with { BootId = "another" }, Options(new ManualTime()));
        using var here = Open(folder, 1, time);
        Assert.AreEqual(0, owner.TryTake());
        far.Dispose();

        Assert.IsNull(here.TryTake());
        time.Advance(Timeout);
        Assert.AreEqual(0, here.TryTake());
    }

    [TestMethod]
    public void Release_OfAShard_LetsAnotherTakeItAtOnce()
    {
        using var folder = new TemporaryFolder();
        using var a = Open(folder, 2, new ManualTime());
        using var b = Open(folder, 2, new ManualTime());
        a.TryTake();
        a.TryTake();
        a.Release(1);
        Assert.AreEqual(1, b.TryTake());
        a.ReleaseAll();
        Assert.AreEqual(0, b.TryTake());
        Assert.ThrowsExactly<InvalidOperationException>(() => a.Finish(0));
        Assert.IsTrue(b.Finish(0));
    }

    [TestMethod]
    public void TryTake_LeaseWithAName_IsOneProcessesAtATime()
    {
        using var folder = new TemporaryFolder();
        var time = new ManualTime();
        using var a = Open(folder, 1, time);
        using var b = Open(folder, 1, new ManualTime());

        Assert.IsTrue(a.TryTake("outputs"));
        Assert.IsFalse(a.TryTake("outputs"));
        Assert.IsFalse(b.TryTake("outputs"));
        a.Release("outputs");
        Assert.IsTrue(b.TryTake("outputs"));
        Assert.IsFalse(a.TryTake("outputs"));
        time.Advance(Timeout);
        Assert.IsTrue(a.TryTake("outputs"));
        b.Release("outputs");
        Assert.IsTrue(b.IsLost("outputs"));
        Assert.IsFalse(a.IsLost("outputs"));
        Assert.AreEqual(0, a.Done);
        Assert.ThrowsExactly<ArgumentException>(() => a.TryTake("../outputs"));
    }

    private static LeaseOptions Options(ManualTime time) => new() { Timeout = Timeout, Time = time };

    /// <summary>With a renewal that nobody ends: of leases that are gone it does nothing.</summary>
    private static ShardLeases Open(TemporaryFolder folder, int shards, ManualTime time)
    {
        var leases = new ShardLeases(folder.Path, shards, RunOwner.Create(null), Options(time));
        _ = new ClaimRenewal(leases, Options(time));
        return leases;
    }

    private static string[] Files(TemporaryFolder folder) =>
        [.. Directory.EnumerateFiles(folder.File("leases")).Select(f => Path.GetFileName(f)).Order()];
}
