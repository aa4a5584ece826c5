
namespace XlLoraOnnx.Formats.Tests;

[TestClass]
public sealed class OnnxAdapterFileTests
{
    private static readonly string Official = Repository.Data("official", "adapter3.onnx_adapter");

    [TestMethod]
    public void Read_FileOfTheOfficialWriter_GivesItsContent()
    {
        var file = OnnxAdapterFile.Read(Official);

        using var expected = SafetensorsFile.Open(Repository.Data("official", "adapter3.safetensors"));
        Assert.AreEqual(3, file.AdapterVersion);
        Assert.AreEqual(17, file.ModelVersion);
        Assert.HasCount(3, file.Parameters);
        foreach (var parameter in file.Parameters)
        {
            var tensor = expected.Tensors[parameter.Name];
            CollectionAssert.AreEqual(tensor.Shape.ToArray(), parameter.Dims.ToArray());
            Assert.AreEqual(tensor.DType, parameter.DataType switch { 1 => "F32", 10 => "F16", 16 => "BF16", _ => "?" });
            CollectionAssert.AreEqual(expected.ReadBytes(tensor), file.ReadBytes(parameter));
        }
    }

    [TestMethod]
    public void Read_OfficialFileWithDefaultsLeftOut_GivesZeroVersions()
    {
        var file = OnnxAdapterFile.Read(Repository.Data("official", "gemma3-micro", "adapter.builder-names.onnx_adapter"));

        Assert.AreEqual(0, file.ModelVersion);
        Assert.IsTrue(file.Parameters.Count > 0 && file.Parameters.All(p => p.DataType == 1));
    }

    [TestMethod]
    public void Read_CutAnywhere_IsRefused()
    {
        var bytes = File.ReadAllBytes(Official);

        for (var length = 0; length < bytes.Length; length++)
        {
            // the last name ends one byte before the file does
            if (length != bytes.Length - 1)
                Assert.ThrowsExactly<InvalidDataException>(() => Read(bytes[..length]), $"cut to {length} bytes");
        }
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(0xFF)]
    [DataRow(0x80)]
    [DataRow(0x7F)]
    public void Read_AnyByteReplaced_ReadsOrRefusesButNeverFailsOtherwise(int value)
    {
        var original = File.ReadAllBytes(Official);
        var refused = 0;
        for (var i = 0; i < original.Length; i++)
        {
            var bytes = (byte[])original.Clone();
            bytes[i] = (byte)value;
            try
            {
                Read(bytes);
            }
            catch (Exception e) when (e is InvalidDataException or NotSupportedException)
            {
                refused++;
            }
        }
        Assert.IsGreaterThan(20, refused);
    }

    [TestMethod]
    public void Read_OtherFile_SaysThatTheIdentifierIsMissing()
    {
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Read(new byte[64])).Message, "TORT");
    }

    [TestMethod]
    public void Read_LaterFormat_IsNotSupported()
    {
        using var stream = new MemoryStream();
        OnnxAdapterWriter.Write(stream, 1, [], CancellationToken.None);
        var bytes = stream.ToArray();
        bytes[24] = 2;

        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => Read(bytes)).Message, "format_version 2");
    }

    [TestMethod]
    public void Read_SameNameTwice_IsRefused()
    {
        var bytes = TwoParameters();
        bytes[bytes.AsSpan().IndexOf("b.lora"u8)] = (byte)'a';

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Read(bytes)).Message, "'a.lora' occurs twice");
    }

    [TestMethod]
    public void Read_ParametersThatShareTheirData_AreRefused()
    {
        var bytes = TwoParameters();
        // the second table's fields: data of the first, by an offset that is relative to the field
        var data = Enumerable.Range(0, bytes.Length - 4).Where(i => BitConverter.ToInt32(bytes, i) == DataBytes && i % 4 == 0).ToArray();
        var field = Enumerable.Range(0, bytes.Length - 4).First(i => i % 4 == 0 && i + (long)BitConverter.ToUInt32(bytes, i) == data[1]);
        BitConverter.TryWriteBytes(bytes.AsSpan(field), data[0] - field);

        if (data[0] > field)
            bytes = [.. bytes.AsSpan(0, data[0] + 4 + DataBytes)];
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Read(bytes)).Message, "overlap");
    }

    private const int DataBytes = 4000;

    private static byte[] TwoParameters()
    {
        using var stream = new MemoryStream();
        OnnxAdapterWriter.Write(stream, 1,
        [
            new OnnxAdapterTensor("a.lora", [1000], new TensorSource(1, DataBytes, (_, _, data) => data.Clear())),
            new OnnxAdapterTensor("b.lora", [1000], new TensorSource(1, DataBytes, (_, _, data) => data.Clear())),
        ], CancellationToken.None);
        return stream.ToArray();
    }

    private static OnnxAdapterFile Read(byte[] bytes)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("a.onnx_adapter"), bytes);
        return OnnxAdapterFile.Read(folder.File("a.onnx_adapter"));
    }
}
