
namespace XlLoraOnnx.Formats.Tests;

[TestClass]
public sealed class MessagePackTests
{
    [TestMethod]
    [DataRow(0L, 1)]
    [DataRow(127L, 1)]
    [DataRow(128L, 2)]
    [DataRow(255L, 2)]
    [DataRow(256L, 3)]
    [DataRow(65535L, 3)]
    [DataRow(65536L, 5)]
    [DataRow(4294967295L, 5)]
    [DataRow(4294967296L, 9)]
    [DataRow(long.MaxValue, 9)]
    [DataRow(-1L, 1)]
    [DataRow(-32L, 1)]
    [DataRow(-33L, 2)]
    [DataRow(-128L, 2)]
    [DataRow(-129L, 3)]
    [DataRow(-32768L, 3)]
    [DataRow(-32769L, 5)]
    [DataRow(int.MinValue, 5)]
    [DataRow(int.MinValue - 1L, 9)]
    [DataRow(long.MinValue, 9)]
    public void WriteInteger_AnyValue_IsShortestAndReadBack(long value, int bytes)
    {
        var writer = new MessagePackWriter();

        writer.WriteInteger(value);

        Assert.AreEqual(bytes, writer.Length);
        var reader = new MessagePackReader(writer.Written);
        Assert.AreEqual(value, reader.ReadInteger());
        Assert.IsTrue(reader.IsAtEnd);
        reader = new MessagePackReader(writer.Written);
        reader.Skip();
        Assert.IsTrue(reader.IsAtEnd);
    }

    [TestMethod]
    [DataRow(0, 1)]
    [DataRow(31, 1)]
    [DataRow(32, 2)]
    [DataRow(255, 2)]
    [DataRow(256, 3)]
    [DataRow(65535, 3)]
    [DataRow(65536, 5)]
    public void WriteString_AnyLength_IsReadBack(int length, int headerBytes)
    {
        var writer = new MessagePackWriter();
        var text = new string('x', length);

        writer.WriteString(text);
        writer.WriteBinary(new byte[length]);

        Assert.AreEqual(headerBytes + length + Math.Max(headerBytes, 2) + length, writer.Length);
        var reader = new MessagePackReader(writer.Written);
        Assert.AreEqual(text, reader.ReadString());
        Assert.AreEqual(length, reader.ReadBinary().Length);
        Assert.IsTrue(reader.IsAtEnd);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(15)]
    [DataRow(16)]
    [DataRow(65535)]
    [DataRow(65536)]
    public void WriteHeaders_AnyCount_AreReadBackAndSkipped(int count)
    {
        var writer = new MessagePackWriter();
        writer.WriteArrayHeader(count);
        for (int i = 0; i < count; i++)
            writer.WriteNil();
        writer.WriteMapHeader(count);
        for (int i = 0; i < 2 * count; i++)
            writer.WriteBoolean(i % 2 == 0);

        var reader = new MessagePackReader(writer.Written);
        Assert.AreEqual(count, reader.ReadArrayHeader());
        for (int i = 0; i < count; i++)
            Assert.IsTrue(reader.TryReadNil());
        Assert.AreEqual(count, reader.ReadMapHeader());
        for (int i = 0; i < 2 * count; i++)
            Assert.AreEqual(i % 2 == 0, reader.ReadBoolean());
        Assert.IsTrue(reader.IsAtEnd);
        reader = new MessagePackReader(writer.Written);
        reader.Skip();
        reader.Skip();
        Assert.IsTrue(reader.IsAtEnd);
    }

    [TestMethod]
    [DataRow("", DisplayName = "nothing")]
    [DataRow("C1", DisplayName = "a code that the format does not use")]
    [DataRow("CA00000000", DisplayName = "a float, which is not of the subset")]
    [DataRow("C70005", DisplayName = "an extension")]
    [DataRow("CD01", DisplayName = "an integer that is cut")]
    [DataRow("A5616263", DisplayName = "a text that is cut")]
    [DataRow("DBFFFFFFFF61", DisplayName = "a text of 4 GB")]
    [DataRow("DB7FFFFFFF61", DisplayName = "a text of 2 GB")]
    [DataRow("C6FFFFFFFF00", DisplayName = "binary data of 4 GB")]
    [DataRow("DDFFFFFFFF00", DisplayName = "an array of 4 G values")]
    [DataRow("DD7FFFFFFF00", DisplayName = "an array of 2 G values")]
    [DataRow("DF7FFFFFFF00", DisplayName = "a map of 2 G pairs")]
    [DataRow("8100", DisplayName = "a map whose value is missing")]
    [DataRow("9200", DisplayName = "an array whose second value is missing")]
    public void Skip_MalformedInput_IsInvalidData(string hex) =>
        Assert.ThrowsExactly<InvalidDataException>(() =>
        {
            var reader = new MessagePackReader(Convert.FromHexString(hex));
            reader.Skip();
        });

    [TestMethod]
    public void Skip_ArraysWithinEachOther_AreRefusedBeyondTheBound()
    {
        static void Skip(int depth)
        {
            var reader = new MessagePackReader([.. Enumerable.Repeat((byte)0x91, depth), 0xC0]);
            reader.Skip();
            Assert.IsTrue(reader.IsAtEnd);
        }

        Skip(MessagePackReader.MaxDepth);
        Assert.ThrowsExactly<InvalidDataException>(() => Skip(MessagePackReader.MaxDepth + 1));
        Assert.ThrowsExactly<InvalidDataException>(() => Skip(1_000_000));
    }

    [TestMethod]
    public void Read_OtherType_SaysWhatWasExpectedAndFound()
    {
        var e = Assert.ThrowsExactly<InvalidDataException>(() => new MessagePackReader([0xC3]).ReadInteger());
        StringAssert.Contains(e.Message, "expected an integer at byte 0, found the type byte 0xC3");
        Assert.ThrowsExactly<InvalidDataException>(() => new MessagePackReader([0x01]).ReadString());
        Assert.ThrowsExactly<InvalidDataException>(() => new MessagePackReader([0xA1, 0x61]).ReadBinary());
        Assert.ThrowsExactly<InvalidDataException>(() => new MessagePackReader([0x80]).ReadArrayHeader());
        Assert.ThrowsExactly<InvalidDataException>(() => new MessagePackReader([0x90]).ReadMapHeader());
        Assert.ThrowsExactly<InvalidDataException>(() => new MessagePackReader([0xC0]).ReadBoolean());
        Assert.ThrowsExactly<InvalidDataException>(() => new MessagePackReader([0xA1, 0xFF]).ReadString());
        Assert.ThrowsExactly<InvalidDataException>(() => new MessagePackReader([0xCF, 0xFF, 0, 0, 0, 0, 0, 0, 0]).ReadInteger());
        Assert.ThrowsExactly<InvalidDataException>(() => new MessagePackReader([0xCC, 0x80]).ReadInt32(0, 127));
    }

    [TestMethod]
    public void Read_RandomBytes_ThrowsInvalidDataAndNothingElse()
    {
        var random = new Random(7);
        var bytes = new byte[64];
        int refused = 0;
        for (int i = 0; i < 20_000; i++)
        {
            random.NextBytes(bytes);
            try
            {
                var reader = new MessagePackReader(bytes);
                while (!reader.IsAtEnd)
                    reader.Skip();
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        Assert.IsGreaterThan(10_000, refused);
    }
}
