
namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class ExportJournalTests
{
    private static readonly ExportIdentity Identity = new("t", "c", "o", "g");
    private static readonly byte[] Sha256 = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    [TestMethod]
    public void Journal_WrittenAndOpenedAgain_KnowsWhatIsDone()
    {
        using var folder = new TemporaryFolder();
        using (var journal = new ExportJournal(folder.File("j"), Identity))
        {
            Assert.IsTrue(journal.IsEmpty);
            journal.Append([ExportJournal.Initializer("a"), ExportJournal.Hash("model.a", Sha256)]);
            journal.Append([ExportJournal.Initializer("b")]);
            Assert.IsFalse(journal.IsEmpty);
        }

        using var again = new ExportJournal(folder.File("j"), Identity);

        Assert.AreEqual(Identity.ToString(), again.Entries.Identity);
        CollectionAssert.AreEqual((string[])["a", "b"], again.Entries.Initializers.ToArray());
        CollectionAssert.AreEqual(Sha256, again.Entries.Hashes["model.a"]);
        Assert.IsFalse(again.IsEmpty);
    }

    [TestMethod]
    [DataRow("writt")]
    [DataRow("written\tb")]
    [DataRow("sha256\tmodel.b\t00\nwritten\tb\n")]
    [DataRow("\0\0\0\0\n")]
    public void Journal_DamagedTail_CountsUpToItAndGoesOn(string tail)
    {
        using var folder = new TemporaryFolder();
        using (var journal = new ExportJournal(folder.File("j"), Identity))
            journal.Append([ExportJournal.Initializer("a")]);
        File.AppendAllText(folder.File("j"), tail);

        using (var journal = new ExportJournal(folder.File("j"), Identity))
            journal.Append([ExportJournal.Initializer("c")]);

        CollectionAssert.AreEqual((string[])["a", "c"], JournalEntries.Read(folder.File("j")).Initializers.ToArray());
    }

    [TestMethod]
    public void Journal_TornFirstLine_IsBegunAgain()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("j"), "xllora-onnx export jour");

        using (var journal = new ExportJournal(folder.File("j"), Identity))
            Assert.IsTrue(journal.IsEmpty);

        Assert.AreEqual(Identity.ToString(), JournalEntries.Read(folder.File("j")).Identity);
    }
}
