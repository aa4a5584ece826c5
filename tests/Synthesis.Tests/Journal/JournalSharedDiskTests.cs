namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>Journals on a disk of several machines: it shows what others write to those who open the file after that, and its locks may
/// hold on one machine alone.</summary>
[TestClass]
public sealed class JournalSharedDiskTests
{
    [TestMethod]
    public void Scan_AfterARefresh_GoesOnWithWhatOthersHaveWrittenMeanwhile()
    {
        using var folder = new TemporaryFolder();
        var offsets = JournalAnswers.Write(folder.Path, 20);
        using var reader = new JournalReader(new CloseToOpenFile(JournalAnswers.File(folder.Path)));
        Assert.HasCount(20, reader.Scan());
        offsets.AddRange(JournalAnswers.Write(folder.Path, 30, first: 20));
        var before = reader.Scan(reader.End).ToArray();

        reader.Refresh();
        var after = reader.Scan(reader.End).Select(m => m.Offset).ToArray();

        Assert.IsEmpty(before);
        CollectionAssert.AreEqual(offsets[20..], after);
        JournalAnswers.AreEqual(JournalAnswers.Make(49), reader.Read(offsets[49]));
    }

    /// <summary>Its lock may be one that its own machine alone sees, and its process alive.</summary>
    [TestMethod]
    [DataRow("another", true, DisplayName = "of another machine")]
    [DataRow(null, false, DisplayName = "of a machine of the same name")]
    [DataRow(null, null, DisplayName = "whose owner is not to be seen yet")]
    public void Open_JournalThatMayBeAnotherMachines_IsLeftAlone(string? host, bool? isSameBoot)
    {
        using var folder = new TemporaryFolder();
        JournalAnswers.Write(folder.Path, 3);
        var journals = new JournalFolder(folder.Path);
        var owner = journals.ReadOwner(1)!;
        if (isSameBoot is { } same)
            journals.WriteOwner(1, owner with { Host = host ?? owner.Host, BootId = same ? owner.BootId : "another" });
        else
            File.Delete(Path.ChangeExtension(journals.Journal(1), ".owner"));

        using var journal = RunJournal.Open(folder.Path, JournalAnswers.RunId);

        Assert.AreEqual(JournalAnswers.File(folder.Path, 2), journal.Path);
        JournalAnswers.Holds(journals.Journal(1), [0, 1, 2]);
    }

    private sealed class CloseToOpenFile(string path) : JournalFile(path)
    {
        private long _length = new FileInfo(path).Length;

        public override long Length => _length;

        public override int Read(Span<byte> bytes, long offset) =>
            base.Read(bytes[..(int)Math.Clamp(_length - offset, 0, bytes.Length)], offset);

        public override void Reopen()
        {
            base.Reopen();
            _length = base.Length;
        }
    }
}
