namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>Journals on a disk that shows what others write to those who open the file after that, and to nobody else.</summary>
[TestClass]
public sealed class JournalStaleTests
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
