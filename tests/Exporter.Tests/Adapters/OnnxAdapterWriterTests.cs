using System.Runtime.InteropServices;

namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class OnnxAdapterWriterTests
{
    [TestMethod]
    public void Write_Tensors_AreReadBack()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("a.onnx_adapter");
        float[] a = [1, 2, 3], b = [4, 5];

        Write(path, 12345, new OnnxAdapterTensor("a.name", [3, 1], Values(a)), new OnnxAdapterTensor("b", [1, 2], Values(b)));

        var file = OnnxAdapterFile.Read(path);
        Assert.AreEqual(1, file.AdapterVersion);
        Assert.AreEqual(12345, file.ModelVersion);
        CollectionAssert.AreEqual((string[])["a.name", "b"], file.Parameters.Select(p => p.Name).ToArray());
        CollectionAssert.AreEqual((long[])[3, 1], file.Parameters[0].Dims.ToArray());
        CollectionAssert.AreEqual(MemoryMarshal.AsBytes(a.AsSpan()).ToArray(), file.ReadBytes(file.Parameters[0]));
        CollectionAssert.AreEqual(MemoryMarshal.AsBytes(b.AsSpan()).ToArray(), file.ReadBytes(file.Parameters[1]));
    }

    [TestMethod]
    public void Write_ManyNamesOfEveryLength_AlignsDataAndDims()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("a.onnx_adapter");
        var tensors = Enumerable.Range(1, 40)
            .Select(i => new OnnxAdapterTensor(new string('n', i), [i, 3], Values(new float[3 * i]))).ToArray();

        Write(path, 1, tensors);

        var file = OnnxAdapterFile.Read(path);
        Assert.HasCount(40, file.Parameters);
        Assert.IsTrue(file.Parameters.All(p => p.Offset % 64 == 0));
        Assert.AreEqual(0, new FileInfo(path).Length % 8);
    }

    [TestMethod]
    public void Write_NoTensors_IsAFileWithoutParameters()
    {
        using var folder = new TemporaryFolder();

        Write(folder.File("a.onnx_adapter"), 1);

        Assert.IsEmpty(OnnxAdapterFile.Read(folder.File("a.onnx_adapter")).Parameters);
    }

    [TestMethod]
    public void Write_MoreThanTwoGibibytes_IsRefusedBeforeAnythingIsWritten()
    {
        using var stream = new MemoryStream();
        var tensor = new OnnxAdapterTensor("a", [1 << 20, 1 << 10], Values([]));

        Assert.ThrowsExactly<NotSupportedException>(() => OnnxAdapterWriter.Write(stream, 1, [tensor], CancellationToken.None));
        Assert.AreEqual(0, stream.Length);
    }

    private static void Write(string path, int modelVersion, params OnnxAdapterTensor[] tensors)
    {
        using var stream = File.Create(path);
        OnnxAdapterWriter.Write(stream, modelVersion, tensors, CancellationToken.None);
    }

    private static TensorSource Values(float[] values) =>
        new(values.Length, sizeof(float), (firstRow, rows, destination) =>
            MemoryMarshal.AsBytes(values.AsSpan((int)firstRow, rows)).CopyTo(destination));
}
