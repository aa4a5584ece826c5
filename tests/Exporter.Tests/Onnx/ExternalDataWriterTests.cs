using XlLoraOnnx.Tests;

namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class ExternalDataWriterTests
{
    [TestMethod]
    public void Write_SmallAndLargeTensors_AlignsThemAndLeavesZerosBetween()
    {
        using var folder = new TemporaryFolder();
        var graph = new OnnxGraph();
        graph.Initializer("small", OnnxType.Float, [3], Fill(12, 1));
        graph.Initializer("second", OnnxType.Float, [1], Fill(4, 2));
        graph.Initializer("large", OnnxType.Float, [1 << 18], Fill(1 << 20, 3));
        var progress = new List<long>();

        var (offsets, bytes) = ExternalDataWriter.Layout(graph.ExternalTensors, "d");
        var sha256 = ExternalDataWriter.Write(
            graph.ExternalTensors, offsets, bytes, folder.File("d"), progress.Add, CancellationToken.None);

        CollectionAssert.AreEqual((long[])[0, 4096, 65536], offsets);
        var written = File.ReadAllBytes(folder.File("d"));
        Assert.AreEqual(65536 + (1 << 20), written.Length);
        Assert.IsTrue(written[..12].All(b => b == 1) && written[12..4096].All(b => b == 0) && written[4096..4100].All(b => b == 2));
        Assert.IsTrue(written[4100..65536].All(b => b == 0) && written[65536..].All(b => b == 3));
        Assert.AreEqual(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(written)), sha256);
        Assert.AreEqual(bytes, progress[^1]);
        Assert.AreEqual("65536", graph.Proto.Initializer[2].ExternalData.Single(e => e.Key == "offset").Value);
    }

    [TestMethod]
    public void Initializer_SourceOfAnotherLength_IsADefectThatIsReported()
    {
        var error = Assert.ThrowsExactly<InvalidOperationException>(() =>
            new OnnxGraph().Initializer("short", OnnxType.Float, [3], Fill(8, 1)));

        StringAssert.Contains(error.Message, "12 bytes and its source 8");
    }

    private static TensorSource Fill(int count, byte value) => new(1, count, (_, _, destination) => destination.Fill(value));
}
