using System.Buffers;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class JournalCursorTests
{
    [TestMethod]
    public void Next_RecordsOfAnySize_AreGivenWholeWithTheirPlaces()
    {
        using var folder = new TemporaryFolder();
        // about the size of what is read at a time, and of what a header takes
        int[] sizes = [0, 1, 10, 11, 12, 262_131, 262_132, 262_133, 262_144, 3, 1_000_000, 0, 262_150, 5];
        var path = Write(folder, [.. sizes.Select(Bytes)]);
        using var file = new JournalFile(path);
        var cursor = new JournalCursor(file, 0);

        long offset = 0;
        for (int i = 0; i < sizes.Length; i++)
        {
            Assert.IsTrue(cursor.Next(), $"record {i}");
            Assert.AreEqual((offset, offset + 11 + sizes[i]), (cursor.Offset, cursor.End));
            Assert.IsTrue(cursor.Payload.Span.SequenceEqual(Bytes(sizes[i])), $"record {i}");
            offset = cursor.End;
        }

        Assert.IsFalse(cursor.Next());
        Assert.AreEqual(new FileInfo(path).Length, cursor.End);
        using var fresh = new JournalFile(path);
        var later = new JournalCursor(fresh, offset - 16);
        Assert.IsTrue(later.Next());
        Assert.AreEqual(5, later.Payload.Length);
    }

    [TestMethod]
    public void Next_WhileTheFileGrows_WaitsForTheWholeRecord()
    {
        using var folder = new TemporaryFolder();
        var whole = File.ReadAllBytes(Write(folder, [Bytes(40), Bytes(300_000), Bytes(7)]));
        var path = folder.Write("growing", "");
        using var file = new JournalFile(path);
        var cursor = new JournalCursor(file, 0);
        List<int> seen = [];

        for (int length = 0; length < whole.Length; length += length < 60 ? 1 : 13_007)
        {
            File.WriteAllBytes(path, whole[..length]);
            while (cursor.Next())
                seen.Add(cursor.Payload.Length);
        }

        File.WriteAllBytes(path, whole);
        while (cursor.Next())
            seen.Add(cursor.Payload.Length);
        CollectionAssert.AreEqual(new[] { 40, 300_000, 7 }, seen);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(11)]
    [DataRow(65_524)]
    [DataRow(65_525)]
    [DataRow(65_526)]
    [DataRow(65_530)]
    [DataRow(65_535)]
    [DataRow(65_536)]
    [DataRow(65_546)]
    [DataRow(131_050)]
    [DataRow(131_071)]
    [DataRow(500_000)]
    public void Next_DamageOfAnyLength_NamesWhereTheNextWholeRecordBegins(int bytes)
    {
        using var folder = new TemporaryFolder();
        var path = Write(folder, [Bytes(20)]);
        var good = File.ReadAllBytes(path);
        // beginnings of records that are none
        var junk = new byte[bytes];
        for (int i = 0; i + 1 < bytes; i += 5)
            JournalFrame.Start.CopyTo(junk.AsSpan(i));
        File.WriteAllBytes(path, [.. good, .. junk, .. good]);
        using var file = new JournalFile(path);
        var cursor = new JournalCursor(file, 0);
        Assert.IsTrue(cursor.Next());

        var e = Assert.ThrowsExactly<InvalidDataException>(() => cursor.Next());

        StringAssert.Contains(e.Message, $"at byte {good.Length} there is no whole record, and at byte {good.Length + bytes} one follows");
    }

    [TestMethod]
    public void Next_TailThatOnlyLooksLikeRecords_IsTheEnd()
    {
        using var folder = new TemporaryFolder();
        var path = Write(folder, [Bytes(20)]);
        var good = File.ReadAllBytes(path);
        var wrong = (byte[])good.Clone();
        wrong[^1] ^= 1;
        byte[] far = [.. good[..7], 0x00, 0xFF, 0xFF, 0xFF];
        byte[] tooLong = [.. good[..7], 0x7F, 0xFF, 0xFF, 0xFF];
        File.WriteAllBytes(path, [.. good, .. wrong, .. far, .. tooLong, .. wrong, .. good[..^1]]);
        using var file = new JournalFile(path);
        var cursor = new JournalCursor(file, 0);

        Assert.IsTrue(cursor.Next());
        Assert.IsFalse(cursor.Next());
        Assert.AreEqual(good.Length, cursor.End);
    }

    private static byte[] Bytes(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)(i * 31 + count))];

    private static string Write(TemporaryFolder folder, byte[][] payloads)
    {
        var records = new ArrayBufferWriter<byte>();
        foreach (var payload in payloads)
            JournalFrame.Write(records, payload);
        File.WriteAllBytes(folder.File("records"), records.WrittenSpan);
        return folder.File("records");
    }
}
