
namespace XlLoraOnnx.Synthesis.Tests;

public sealed partial class ShardLeasesTests
{
    [TestMethod]
    [DataRow("", DisplayName = "empty, as a process leaves it that dies while it takes it")]
    [DataRow("mine!", DisplayName = "no JSON")]
    [DataRow("{}", DisplayName = "another JSON")]
    [DataRow("""{"owner":null,"beat":1,"state":"Held"}""", DisplayName = "without an owner")]
    [DataRow("""{"owner":{"id":"x","host":"y","bootId":"z","journal":-7,"tool":null},"beat":1,"state":"Held"}""", DisplayName = "nobody")]
    public void TryTake_LeaseEditedByHand_IsAbandonedAfterTheTimeout(string text)
    {
        using var folder = new TemporaryFolder();
        var time = new ManualTime();
        using var leases = Open(folder, 1, time);
        folder.Write("leases/00000-1.lease", text);

        Assert.IsNull(leases.TryTake());
        time.Advance(Timeout);
        Assert.AreEqual(0, leases.TryTake());
        Assert.IsTrue(leases.Finish(0));
        CollectionAssert.AreEqual(new[] { "00000.done" }, Files(folder));
    }

    [TestMethod]
    public void Beat_OwnLeaseEditedByHand_IsPutRightOrLost()
    {
        using var folder = new TemporaryFolder();
        var time = new ManualTime();
        using var leases = Open(folder, 3, time);
        leases.TryTake();
        leases.TryTake();
        leases.TryTake();
        var right = File.ReadAllText(folder.File("leases/00000-1.lease"));
        folder.Write("leases/00000-1.lease", "nonsense");
        File.Delete(folder.File("leases/00001-1.lease"));
        folder.Write("leases/00002-1.lease", right.Replace("\"id\": \"", "\"id\": \"x", StringComparison.Ordinal));

        time.Advance(TimeSpan.FromSeconds(5));

        Assert.IsFalse(leases.IsLost(0));
        Assert.IsTrue(leases.IsLost(1) && leases.IsLost(2));
        Assert.IsNotNull(Lease.TryParse(File.ReadAllBytes(folder.File("leases/00000-1.lease"))));
    }

    [TestMethod]
    public void Renew_FolderGone_IsReportedAndNotThrownByTheTimer()
    {
        using var folder = new TemporaryFolder();
        var time = new ManualTime();
        using var leases = new ShardLeases(folder.Path, 1, RunOwner.Create(null), Options(time));
        using var renewal = new ClaimRenewal(leases, Options(time));
        leases.TryTake();
        Directory.Move(folder.File("leases"), folder.File("moved"));

        time.Advance(TimeSpan.FromSeconds(5));
        Assert.IsInstanceOfType<IOException>(renewal.Failure);

        Directory.Move(folder.File("moved"), folder.File("leases"));
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.IsNull(renewal.Failure);
        Assert.IsFalse(leases.IsLost(0));
        Assert.IsTrue(leases.Finish(0));
    }

    [TestMethod]
    public void Constructor_FileWhereTheFolderMustBe_SaysWhatToDo()
    {
        using var folder = new TemporaryFolder();
        folder.Write("leases", "");

        var e = Assert.ThrowsExactly<IOException>(() => Open(folder, 1, new ManualTime()));

        StringAssert.Contains(e.Message, "cannot be written");
    }

    [TestMethod]
    public void Constructor_ReadOnlyFolder_SaysWhatToDo()
    {
        // Root may write everywhere but here.
        var readOnly = Environment.UserName == "root" ? "/sys/kernel" : "/";
        if (!OperatingSystem.IsLinux())
            Assert.Inconclusive("The folder that nobody may write to is one of Linux.");

        var e = Assert.ThrowsExactly<IOException>(() => new ShardLeases(readOnly, 1, RunOwner.Create(null)));
        StringAssert.Contains(e.Message, $"The run folder '{readOnly}' cannot be written");
        e = Assert.ThrowsExactly<IOException>(() => RunJournal.Open(readOnly, JournalAnswers.RunId));
        StringAssert.Contains(e.Message, $"The run folder '{readOnly}' cannot be written");
    }
}
