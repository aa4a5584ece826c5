namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class JournalFolderTests
{
    [TestMethod]
    public void Numbers_FilesOfAllKinds_AreThoseOfJournalsInOrder()
    {
        using var folder = new TemporaryFolder();
        var journals = new JournalFolder(folder.Path);
        Assert.IsEmpty(journals.Numbers());
        Assert.AreEqual(0, journals.HighestNumber());
        foreach (var name in (string[])["0010.journal", "0002.journal", "12345.journal", "0000.journal", "-001.journal", "copy.journal",
            "0003.journal.bak", "0004.owner", "0005 .journal", "0x06.journal", "99999999999.journal"])
            folder.Write("journal/" + name, "");

        CollectionAssert.AreEqual(new[] { 2, 10, 12345 }, journals.Numbers().ToArray());
        Assert.AreEqual(12345, journals.HighestNumber());
        folder.Write("journal/20000.lock", "");
        Assert.AreEqual(20000, journals.HighestNumber(), "the lock of a process that died before it began its journal");
        CollectionAssert.AreEqual(
            new[] { "0002.journal", "0010.journal", "12345.journal" },
            journals.Numbers().Select(n => Path.GetFileName(journals.Journal(n))).ToArray());
    }

    [TestMethod]
    public void TryLock_Twice_IsHeldByTheFirstUntilItIsDisposed()
    {
        using var folder = new TemporaryFolder();
        var journals = Create(folder);

        using (var taken = journals.TryLock(7))
        {
            Assert.IsNotNull(taken);
            Assert.IsNull(journals.TryLock(7));
            Assert.IsTrue(journals.IsRealLock(7));
            using var other = journals.TryLock(8);
            Assert.IsNotNull(other, "each journal has its own");
        }

        Assert.IsFalse(journals.IsRealLock(7), "nobody holds it, so that it keeps nobody out");
        using var again = journals.TryLock(7);
        Assert.IsNotNull(again);
    }

    [TestMethod]
    public void TryLock_FolderThatIsGone_IsAnErrorAndNotALockOfAnother() =>
        Assert.Throws<IOException>(() => new JournalFolder("/nowhere/at/all").TryLock(1));

    [TestMethod]
    [DataRow("", DisplayName = "empty, as a process leaves it that dies while it writes it")]
    [DataRow("mine", DisplayName = "no JSON")]
    [DataRow("null", DisplayName = "null")]
    [DataRow("""{"id":null,"host":"a","bootId":"b","tool":"c"}""", DisplayName = "nobody")]
    public void ReadOwner_FileThatNamesNobody_IsNull(string text)
    {
        using var folder = new TemporaryFolder();
        var journals = Create(folder);
        Assert.IsNull(journals.ReadOwner(1));
        folder.Write("journal/0001.owner", text);

        Assert.IsNull(journals.ReadOwner(1));
    }

    [TestMethod]
    public void WriteOwner_Twice_TheLastIsRead()
    {
        using var folder = new TemporaryFolder();
        var journals = Create(folder);
        var (first, second) = (RunOwner.Create(1), RunOwner.Create(1));
        journals.WriteOwner(1, first);
        journals.WriteOwner(1, second);

        Assert.AreEqual(second, journals.ReadOwner(1));
        Assert.HasCount(1, Directory.GetFiles(journals.Path), "nothing is left beside it");
    }

    [TestMethod]
    public void IsDead_OnlyWhereItIsSure()
    {
        using var folder = new TemporaryFolder();
        var journals = Create(folder);
        var owner = RunOwner.Create(3);
        Assert.IsFalse(journals.IsDead(owner), "nothing is known of its lock");
        journals.WriteOwner(3, owner);

        using (journals.TryLock(3))
            Assert.IsFalse(journals.IsDead(owner));
        Assert.IsTrue(journals.IsDead(owner), "its lock is free");
        Assert.IsFalse(journals.IsDead(owner with { Journal = null }), "it has no lock");
        Assert.IsFalse(journals.IsDead(owner with { Host = "another" }), "locks may not reach another machine");
        Assert.IsFalse(journals.IsDead(owner with { BootId = "before" }));
        journals.WriteOwner(3, RunOwner.Create(3));
        using (journals.TryLock(3))
            Assert.IsTrue(journals.IsDead(owner), "another process has taken its journal over");
    }

    private static JournalFolder Create(TemporaryFolder folder)
    {
        var journals = new JournalFolder(folder.Path);
        Directory.CreateDirectory(journals.Path);
        return journals;
    }
}
