
namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class JournalDamageTests
{
    [TestMethod]
    public void Crc32C_KnownInput_IsTheKnownValue()
    {
        Assert.AreEqual(0xE3069283u, JournalFrame.Crc32C("123456789"u8));
        Assert.AreEqual(0x8A9136AAu, JournalFrame.Crc32C(new byte[32]));
    }

    [TestMethod]
    public void Open_TornAtEveryByteOfTheLastRecords_CutsAtTheLastWholeOne()
    {
        using var folder = new TemporaryFolder();
        const int Whole = 3, Answers = 6;
        var offsets = JournalAnswers.Write(folder.Path, Answers);
        var path = JournalAnswers.File(folder.Path);
        var bytes = File.ReadAllBytes(path);

        for (int length = (int)offsets[Whole]; length <= bytes.Length; length++)
        {
            File.WriteAllBytes(path, bytes[..length]);
            int whole = offsets.Append(bytes.Length).Count(o => o <= length) - 1;
            long end = offsets.Append(bytes.Length).Last(o => o <= length);

            JournalAnswers.Holds(path, Enumerable.Range(0, whole));
            using (var journal = RunJournal.Open(folder.Path, JournalAnswers.RunId))
            {
                Assert.AreEqual(length - end, journal.CutBytes);
                int context = journal.AddContext(JournalAnswers.Facts);
                Assert.AreEqual(end, journal.Append(JournalAnswers.Make(whole, context)));
            }

            JournalAnswers.Holds(path, Enumerable.Range(0, whole + 1));
        }
    }

    [TestMethod]
    public void Open_TornAtEveryByteOfTheHeader_BeginsAnew()
    {
        using var folder = new TemporaryFolder();
        JournalAnswers.Write(folder.Path, 2);
        var path = JournalAnswers.File(folder.Path);
        var bytes = File.ReadAllBytes(path);
        int header = JournalHeader.Write(JournalAnswers.RunId).Length;

        for (int length = 0; length < header; length++)
        {
            foreach (var torn in new[] { bytes[..length], new byte[length] })
            {
                File.WriteAllBytes(path, torn);
                using (var reader = new JournalReader(path))
                    Assert.IsEmpty(reader.Scan());
                JournalAnswers.Write(folder.Path, 2);
                CollectionAssert.AreEqual(bytes, File.ReadAllBytes(path));
            }
        }
    }

    [TestMethod]
    [DataRow(false, DisplayName = "other bytes")]
    [DataRow(true, DisplayName = "zeros, as after a power failure")]
    public void Open_LastRecordOverwritten_IsATornTail(bool isZero)
    {
        using var folder = new TemporaryFolder();
        var offsets = JournalAnswers.Write(folder.Path, 4);
        var path = JournalAnswers.File(folder.Path);
        var bytes = File.ReadAllBytes(path);
        var tail = bytes.AsSpan((int)offsets[3]);
        if (isZero)
            tail.Clear();
        else
            tail[^1] ^= 1;
        File.WriteAllBytes(path, bytes);

        using (var journal = RunJournal.Open(folder.Path, JournalAnswers.RunId))
            Assert.AreEqual(tail.Length, journal.CutBytes);

        JournalAnswers.Holds(path, Enumerable.Range(0, 3));
    }

    [TestMethod]
    public void Scan_AnyByteChangedInTheMiddle_IsDamageWithItsPlace()
    {
        using var folder = new TemporaryFolder();
        var offsets = JournalAnswers.Write(folder.Path, 6);
        var path = JournalAnswers.File(folder.Path);
        var bytes = File.ReadAllBytes(path);

        for (int at = (int)offsets[2]; at < offsets[3]; at++)
        {
            bytes[at] ^= 0x55;
            File.WriteAllBytes(path, bytes);
            bytes[at] ^= 0x55;

            using var reader = new JournalReader(path);
            List<int> seen = [];
            var e = Assert.ThrowsExactly<InvalidDataException>(() =>
            {
                foreach (var mark in reader.Scan())
                    seen.Add(mark.Tokens);
            });

            StringAssert.Contains(
                e.Message, $"'{path}' is damaged: at byte {offsets[2]} there is no whole record, and at byte {offsets[3]}");
            StringAssert.Contains(e.Message, $"truncate -s {offsets[2]}");
            CollectionAssert.AreEqual(new[] { 0, 1 }, seen);
            Assert.ThrowsExactly<InvalidDataException>(() => RunJournal.Open(folder.Path, JournalAnswers.RunId));
            Assert.AreEqual(bytes.Length, new FileInfo(path).Length);
        }
    }

    [TestMethod]
    public void Scan_BytesMissingFarFromTheEnd_IsDamage()
    {
        using var folder = new TemporaryFolder();
        var offsets = JournalAnswers.Write(folder.Path, 5000);
        var path = JournalAnswers.File(folder.Path);
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, [.. bytes[..((int)offsets[10] + 5)], .. bytes[((int)offsets[4990] + 5)..]]);

        using var reader = new JournalReader(path);

        Assert.ThrowsExactly<InvalidDataException>(() => reader.Scan().Count());
    }

    [TestMethod]
    [DataRow("sent0,sent1,hard_neg\n")]
    [DataRow("")]
    public void Open_FileThatIsNoJournal_IsRefusedUnlessItIsEmpty(string text)
    {
        using var folder = new TemporaryFolder();
        folder.Write("journal/0001.journal", text);
        new JournalFolder(folder.Path).WriteOwner(1, RunOwner.Create(1));

        if (text.Length == 0)
        {
            JournalAnswers.Write(folder.Path, 1);
            JournalAnswers.Holds(JournalAnswers.File(folder.Path), [0]);
            return;
        }

        var e = Assert.ThrowsExactly<InvalidDataException>(() => RunJournal.Open(folder.Path, JournalAnswers.RunId));
        StringAssert.Contains(e.Message, "is no journal of xllora-onnx");
    }

    [TestMethod]
    public void Open_JournalOfALaterVersion_IsNotSupported()
    {
        using var folder = new TemporaryFolder();
        JournalAnswers.Write(folder.Path, 1);
        var path = JournalAnswers.File(folder.Path);
        var bytes = File.ReadAllBytes(path);
        bytes[JournalHeader.FixedBytes - 1] = 2;
        File.WriteAllBytes(path, bytes);

        var e = Assert.ThrowsExactly<NotSupportedException>(() => RunJournal.Open(folder.Path, JournalAnswers.RunId));
        StringAssert.Contains(e.Message, "a journal of version 2");
    }

    [TestMethod]
    public void Read_OffsetThatIsNoRecord_IsInvalidData()
    {
        using var folder = new TemporaryFolder();
        var offsets = JournalAnswers.Write(folder.Path, 2);
        using var reader = new JournalReader(JournalAnswers.File(folder.Path));

        Assert.ThrowsExactly<InvalidDataException>(() => reader.Read(offsets[0] + 1));
        Assert.ThrowsExactly<InvalidDataException>(() => reader.Read(1_000_000));
    }
}
