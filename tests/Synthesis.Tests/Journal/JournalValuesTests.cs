using System.Buffers;
using System.Diagnostics;
using MessagePack;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class JournalValuesTests
{
    [TestMethod]
    [DataRow("", DisplayName = "nothing")]
    [DataRow("C1", DisplayName = "a code that the format does not use")]
    [DataRow("CD01", DisplayName = "an integer that is cut")]
    [DataRow("A5616263", DisplayName = "a text that is cut")]
    [DataRow("DBFFFFFFFF61", DisplayName = "a text of 4 GB")]
    [DataRow("DB7FFFFFFF61", DisplayName = "a text of 2 GB")]
    [DataRow("C6FFFFFFFF00", DisplayName = "binary data of 4 GB")]
    [DataRow("DDFFFFFFFF00", DisplayName = "an array of 4 G values")]
    [DataRow("DD7FFFFFFF00", DisplayName = "an array of 2 G values")]
    [DataRow("DF7FFFFFFF00", DisplayName = "a map of 2 G pairs")]
    [DataRow("DF4000000000", DisplayName = "a map whose bytes overflow an int")]
    [DataRow("8100", DisplayName = "a map whose value is missing")]
    [DataRow("9200", DisplayName = "an array whose second value is missing")]
    public void Decode_MalformedInput_IsInvalidDataHoweverItIsRead(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Refused(bytes, SkipAll);
        Refused(bytes, (ref reader) => reader.ReadText());
        Refused(bytes, (ref reader) => reader.ReadKey());
        Refused(bytes, (ref reader) => Values(reader.ReadArrayHeader(), ref reader));
        Refused(bytes, (ref reader) => Values(2 * reader.ReadMapHeader(), ref reader));

        Assert.IsLessThan(1 << 20, GC.GetAllocatedBytesForCurrentThread() - before, "what is not there must not be paid for");
    }

    [TestMethod]
    [DataRow("C3", "near byte 1", DisplayName = "a bool as an integer")]
    [DataRow("CC", "near byte", DisplayName = "an integer that is cut")]
    [DataRow("CFFFFFFFFFFFFFFFFF", "near byte", DisplayName = "an integer of 64 bits without a sign")]
    [DataRow("FF", "the number -1 before byte 1 is not within 0 to 2147483647", DisplayName = "less than nothing")]
    [DataRow("CE80000000", "the number 2147483648 before byte 5 is not within 0 to", DisplayName = "more than 31 bits")]
    public void ReadCount_WhatIsNoCount_SaysWhereAndWhy(string hex, string message)
    {
        var e = Refused(Convert.FromHexString(hex), (ref reader) => reader.ReadCount());

        StringAssert.Contains(e.Message, message);
    }

    [TestMethod]
    public void ReadText_WhatIsNoText_IsRefusedAlthoughThePackageTakesIt()
    {
        StringAssert.Contains(Refused([0xC0], (ref reader) => reader.ReadText()).Message, "expected a text at byte 0, found Nil");
        StringAssert.Contains(Refused([0xA1, 0xFF], (ref reader) => reader.ReadText()).Message, "near byte 2");
        Assert.IsNull(JournalValues.Decode<int, string?>(new byte[] { 0xC0 }, 0, (ref reader, _) => reader.ReadOptionalText()));
        byte[] text = [0xB0, .. "sixteen letters!"u8];
        StringAssert.Contains(Refused(text, (ref reader) => reader.ReadKey()).Message, "expected binary data at byte 0, found String");
        StringAssert.Contains(Refused([0xC4, 1, 7], (ref reader) => reader.ReadKey()).Message, "has 1 bytes and not 16");
    }

    [TestMethod]
    public void Skip_MillionsOfArraysWithinEachOther_NeedNoStack()
    {
        byte[] deep = [.. Enumerable.Repeat((byte)0x91, 10_000_000), 0xC0];

        bool isAtEnd = JournalValues.Decode(deep, 0, (ref reader, _) =>
        {
            reader.Skip();
            return reader.End;
        });

        Assert.IsTrue(isAtEnd);
    }

    [TestMethod]
    public void Decode_CancelledOrUnsupported_IsNotCalledDamage()
    {
        Assert.ThrowsExactly<NotSupportedException>(() =>
            JournalValues.Decode<int, int>(new byte[1], 0, (ref _, _) => throw new NotSupportedException()));
        Assert.ThrowsExactly<OperationCanceledException>(() =>
            JournalValues.Decode<int, int>(new byte[1], 0, (ref _, _) => throw new OperationCanceledException()));
    }

    [TestMethod]
    public void Records_RandomBytes_ThrowInvalidDataAndNothingElse()
    {
        var random = new Random(7);
        var good = new ArrayBufferWriter<byte>();
        JournalRecord.Write(good, JournalAnswers.Make(12));
        int refused = 0;
        var watch = Stopwatch.StartNew();
        for (int i = 0; i < 20_000; i++)
        {
            // half of them nonsense throughout, half a record with a few bytes of nonsense
            var bytes = i % 2 == 0 ? new byte[random.Next(64)] : good.WrittenSpan.ToArray();
            if (i % 2 == 0)
                random.NextBytes(bytes);
            for (int change = random.Next(4); change > 0 && bytes.Length > 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            foreach (var read in Readers)
                refused += IsRefused(() => read(bytes)) ? 1 : 0;
        }

        Assert.IsGreaterThan(50_000, refused);
        Assert.IsLessThan(TimeSpan.FromMinutes(1), watch.Elapsed);
    }

    private static readonly Action<byte[]>[] Readers =
    [
        b => JournalRecord.Kind(b), b => JournalRecord.Context(b), b => JournalRecord.Retry(b, 0), b => JournalRecord.Mark(b, 0),
        b => JournalRecord.Answer(b, 0), b => JournalHeader.Read(b, "x.journal", out _),
    ];

    private static bool IsRefused(Action read)
    {
        try
        {
            read();
            return false;
        }
        catch (InvalidDataException)
        {
            return true;
        }
    }

    /// <summary>An array of 4 G values is passed over as if it ended there (2.5.307); its record then has more bytes than values.</summary>
    private static void SkipAll(ref MessagePackReader reader)
    {
        reader.Skip();
        if (!reader.End)
            throw new InvalidDataException("more bytes follow");
    }

    private static void Values(int count, ref MessagePackReader reader)
    {
        for (; count > 0; count--)
            reader.Skip();
    }

    private static InvalidDataException Refused(byte[] bytes, Reading read) =>
        Assert.ThrowsExactly<InvalidDataException>(() => JournalValues.Decode(bytes, read, static (ref reader, read) =>
        {
            read(ref reader);
            return 0;
        }));

    private delegate void Reading(ref MessagePackReader reader);
}
