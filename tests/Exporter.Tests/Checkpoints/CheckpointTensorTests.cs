using System.Runtime.InteropServices;

namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class CheckpointTensorTests
{
    [TestMethod]
    [DataRow(3, 5)]
    [DataRow(70, 2100, DisplayName = "several bands")]
    [DataRow(2000, 1500, DisplayName = "several tiles")]
    public void Transposed_AnyShape_EqualsTheTransposeByDefinition(int rows, int columns)
    {
        using var folder = new TemporaryFolder();
        new SafetensorsBuilder().AddFloats("w", rows, columns).Save(folder.File("a"));
        using var file = SafetensorsFile.Open(folder.File("a"));
        var source = file.ReadFloat32("w");

        var transposed = Floats(tensor => tensor.Transposed(0.5f), file, "w");

        var expected = new float[rows * columns];
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < columns; c++)
                expected[c * rows + r] = source[r * columns + c] * 0.5f;
        }
        CollectionAssert.AreEqual(expected, transposed);
    }

    [TestMethod]
    public void InOrder_Norm_AddsOneInFloat32()
    {
        using var folder = new TemporaryFolder();
        // 2^-9 beside 1 would be lost in bfloat16
        new SafetensorsBuilder().Add("w", "BF16", [1], MemoryMarshal.AsBytes((ReadOnlySpan<ushort>)[0x3B00])).Save(folder.File("a"));
        using var file = SafetensorsFile.Open(folder.File("a"));

        var values = Floats(tensor => tensor.InOrder(1), file, "w");

        CollectionAssert.AreEqual((float[])[1 + 1f / 512], values);
    }

    private static float[] Floats(Func<CheckpointTensor, TensorSource> source, SafetensorsFile file, string name)
    {
        using var stream = new MemoryStream();
        source(new CheckpointTensor(file, file.Tensors[name])).WriteTo(stream, CancellationToken.None);
        return MemoryMarshal.Cast<byte, float>(stream.ToArray()).ToArray();
    }
}
