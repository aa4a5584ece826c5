using System.Runtime.InteropServices;

namespace XlLoraOnnx.Formats.Tests;

[TestClass]
public sealed class SafetensorsFileTests
{
    [TestMethod]
    public void Open_WellFormedFile_ReadsValuesOfEveryType()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("a.safetensors");
        new SafetensorsBuilder()
            .Add("f32", "F32", [2], MemoryMarshal.AsBytes([1.5f, -2f]))
            .Add("bf16", "BF16", [1, 2], MemoryMarshal.AsBytes((ReadOnlySpan<ushort>)[0x3FC0, 0xC000]))
            .Add("f16", "F16", [2, 1], MemoryMarshal.AsBytes((ReadOnlySpan<Half>)[(Half)1.5f, (Half)(-2)]))
            .Add("i64", "I64", [2], MemoryMarshal.AsBytes([7L, -8L]))
            .Add("i32", "I32", [1], MemoryMarshal.AsBytes([9]))
            .Add("scalar", "F32", [], MemoryMarshal.AsBytes([3f]))
            .Add("empty", "F32", [0, 4], [])
            .Save(path);

        using var file = SafetensorsFile.Open(path);

        foreach (var name in (string[])["f32", "bf16", "f16"])
            CollectionAssert.AreEqual((float[])[1.5f, -2f], file.ReadFloat32(name), name);
        CollectionAssert.AreEqual((long[])[7, -8], file.ReadInt64("i64"));
        CollectionAssert.AreEqual((long[])[9], file.ReadInt64("i32"));
        CollectionAssert.AreEqual((float[])[3], file.ReadFloat32("scalar"));
        Assert.IsEmpty(file.ReadFloat32("empty"));
        CollectionAssert.AreEqual((long[])[1, 2], file.Tensors["bf16"].Shape.ToArray());
    }

    [TestMethod]
    [DataRow("[]", 0, "does not start with '{'", DisplayName = "no object")]
    [DataRow(" {}", 0, "does not start with '{'", DisplayName = "leading space")]
    [DataRow("{", 0, "not valid JSON", DisplayName = "broken JSON")]
    [DataRow("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, "uplicate",
        DisplayName = "duplicate tensor")]
    [DataRow("""{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, "uplicate",
        DisplayName = "duplicate in an entry")]
    [DataRow("""{"a":[1]}""", 0, "expected an object", DisplayName = "entry is a list")]
    [DataRow("""{"a":{"shape":[1],"data_offsets":[0,1]}}""", 1, "no dtype", DisplayName = "no dtype")]
    [DataRow("""{"a":{"dtype":"U8","data_offsets":[0,1]}}""", 1, "no shape", DisplayName = "no shape")]
    [DataRow("""{"a":{"dtype":"U8","shape":[1]}}""", 1, "no data_offsets", DisplayName = "no offsets")]
    [DataRow("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}""", 1, "1 data_offsets", DisplayName = "one offset")]
    [DataRow("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}}""", 1, "-1", DisplayName = "negative offset")]
    [DataRow("""{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}""", 1, "-1", DisplayName = "negative dimension")]
    [DataRow("""{"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}""", 1, "1.5", DisplayName = "fractional dimension")]
    [DataRow("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[2,1]}}""", 2, "begins at 2", DisplayName = "begin after end")]
    [DataRow("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "1 bytes before tensor 'a'", DisplayName = "gap at the start")]
    [DataRow("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""", 3, "overlaps",
        DisplayName = "overlap")]
    [DataRow("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 3, "2 bytes after the last", DisplayName = "trailing bytes")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "needs 8 bytes and has 4", DisplayName = "size of the shape")]
    [DataRow("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "overflows", DisplayName = "overflow")]
    [DataRow("""{"a":{"dtype":"NEW","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "overflows",
        DisplayName = "overflow of an unknown type")]
    [DataRow("""{"a":{"dtype":"NEW","shape":[1],"data_offsets":[0,9]}}""", 1, "truncated", DisplayName = "unknown type out of bounds")]
    [DataRow("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[9223372036854775807,9223372036854775807]}}""", 1, "beyond any file",
        DisplayName = "huge offset")]
    [DataRow("""{"__metadata__":{"a":1}}""", 0, "expected a string", DisplayName = "metadata not text")]
    [DataRow("""{"__metadata__":[]}""", 0, "expected an object", DisplayName = "metadata not an object")]
    public void Open_BrokenHeader_SaysWhatIsWrong(string header, int dataBytes, string message)
    {
        var error = OpenBytes(SafetensorsBuilder.Raw(header, dataBytes));

        StringAssert.Contains(error.Message, message);
        StringAssert.Contains(error.Message, "broken.safetensors");
    }

    [TestMethod]
    [DataRow(3, "it has 3 bytes", DisplayName = "no length")]
    [DataRow(20, "its header alone promises", DisplayName = "within the header")]
    public void Open_CutFile_SaysWhatIsThereAndWhatIsPromised(int length, string message)
    {
        var bytes = new SafetensorsBuilder().AddFloats("a", 4).ToBytes();

        StringAssert.Contains(OpenBytes(bytes[..length]).Message, message);
    }

    [TestMethod]
    public void Open_CutData_SaysBothSizes()
    {
        var bytes = new SafetensorsBuilder().AddFloats("a", 4).ToBytes();

        var error = OpenBytes(bytes[..^1]);

        StringAssert.Contains(error.Message, $"it has {bytes.Length - 1} bytes and its header promises {bytes.Length}");
    }

    [TestMethod]
    [DataRow(100_000_001L)]
    [DataRow(-1L)]
    public void Open_HeaderLengthBeyondTheLimit_IsRefused(long length)
    {
        var bytes = new byte[64];
        BitConverter.TryWriteBytes(bytes, length);

        StringAssert.Contains(OpenBytes(bytes).Message, "more than the 100000000 allowed");
    }

    [TestMethod]
    public void ReadFloat32_UnknownType_IsRefusedByName()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("a.safetensors");
        new SafetensorsBuilder().Add("q", "F4_E2M1", [4], [1, 2]).Save(path);
        using var file = SafetensorsFile.Open(path);

        var error = Assert.ThrowsExactly<NotSupportedException>(() => file.ReadFloat32("q"));

        StringAssert.Contains(error.Message, "F4_E2M1");
        Assert.ThrowsExactly<InvalidDataException>(() => file.ReadFloat32("absent"));
    }

    [TestMethod]
    public void ReadBytes_OutsideTheTensor_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("a.safetensors");
        new SafetensorsBuilder().AddFloats("a", 4).AddFloats("b", 4).Save(path);
        using var file = SafetensorsFile.Open(path);
        var tensor = file.Tensors["a"];

        var four = new byte[4];
        file.ReadBytes(tensor, 12, four);
        CollectionAssert.AreEqual(BitConverter.GetBytes(3 / 64f - 0.5f), four);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => file.ReadBytes(tensor, 13, four));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => file.ReadBytes(tensor, -1, four));
        file.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => file.ReadBytes(tensor, 0, four));
    }

    private static InvalidDataException OpenBytes(byte[] bytes)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("broken.safetensors");
        File.WriteAllBytes(path, bytes);
        return Assert.ThrowsExactly<InvalidDataException>(() => SafetensorsFile.Open(path).Dispose());
    }
}
