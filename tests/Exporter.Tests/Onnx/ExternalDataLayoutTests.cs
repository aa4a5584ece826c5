namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class ExternalDataLayoutTests
{
    [TestMethod]
    public void Place_SmallAndLargeTensors_AlignsThemForEverySystem()
    {
        var graph = new OnnxGraph();
        graph.Initializer("small", OnnxType.Float, [3], Source(12));
        graph.Initializer("second", OnnxType.Float, [1], Source(4));
        graph.Initializer("large", OnnxType.Float, [1 << 18], Source(1 << 20));

        var (offsets, bytes) = ExternalDataLayout.Place(graph.ExternalTensors, "d");

        CollectionAssert.AreEqual((long[])[0, 4096, 65536], offsets);
        Assert.AreEqual(65536 + (1 << 20), bytes);
        var entries = graph.Proto.Initializer[2].ExternalData.ToDictionary(e => e.Key, e => e.Value);
        Assert.AreEqual(("d", "65536", "1048576"), (entries["location"], entries["offset"], entries["length"]));
    }

    [TestMethod]
    public void Initializer_SourceOfAnotherLength_IsADefectThatIsReported()
    {
        var error = Assert.ThrowsExactly<InvalidOperationException>(() =>
            new OnnxGraph().Initializer("short", OnnxType.Float, [3], Source(8)));

        StringAssert.Contains(error.Message, "12 bytes and its source 8");
    }

    private static TensorSource Source(int bytes) => new(1, bytes, (_, _, destination) => destination.Clear());
}
