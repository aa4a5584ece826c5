using System.Runtime.InteropServices;

namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class WeightedLayersTests
{
    private const string Modules = """
        [{"path":"","type":"sentence_transformers.models.Transformer"},
         {"path":"1_WeightedLayerPooling","type":"sentence_transformers.models.WeightedLayerPooling"},
         {"path":"2_Pooling","type":"sentence_transformers.models.Pooling"}]
        """;

    [TestMethod]
    [DataRow(0, new float[] { 0, 0.5f, 0, 0.5f }, EmbeddingPooling.AvgFirstLast)]
    [DataRow(1, new float[] { 0.5f, 0, 0.5f }, EmbeddingPooling.AvgFirstLast)]
    [DataRow(1, new float[] { 3, 0, 3 }, EmbeddingPooling.AvgFirstLast)]
    [DataRow(2, new float[] { 0.5f, 0.5f }, EmbeddingPooling.AvgTop2)]
    public void Read_WeightsOfAPooling_AreThatPooling(int start, float[] weights, EmbeddingPooling expected)
    {
        using var folder = Folder(3, start, weights);

        CollectionAssert.AreEqual((EmbeddingPooling[])[expected], SentenceTransformersFolder.Read(folder.Path)!.Poolings!.ToArray());
    }

    [TestMethod]
    [DataRow(EmbeddingPooling.AvgFirstLast, 4, new float[] { 0, 0.5f, 0, 0, 0.5f })]
    [DataRow(EmbeddingPooling.AvgFirstLast, 1, new float[] { 0, 1 })]
    [DataRow(EmbeddingPooling.AvgTop2, 4, new float[] { 0, 0, 0, 0.5f, 0.5f })]
    [DataRow(EmbeddingPooling.AvgTop2, 1, new float[] { 0.5f, 0.5f })]
    public void Of_EachPooling_WeighsItsStates(EmbeddingPooling pooling, int layers, float[] weights)
    {
        CollectionAssert.AreEqual(weights, WeightedLayers.Of(pooling, layers));
        using var folder = Folder(layers, 0, weights);
        Assert.AreEqual(pooling, SentenceTransformersFolder.Read(folder.Path)!.Poolings!.Single());
    }

    [TestMethod]
    [DataRow(new float[] { 0.25f, 0.25f, 0.25f, 0.25f })]
    [DataRow(new float[] { 0, 0, 0, 1 })]
    [DataRow(new float[] { 0, 0, 0, 0 })]
    public void Read_OtherWeights_AreRefused(float[] weights)
    {
        using var folder = Folder(3, 0, weights);

        var message = Assert.ThrowsExactly<NotSupportedException>(() => SentenceTransformersFolder.Read(folder.Path)).Message;
        StringAssert.Contains(message, "1_WeightedLayerPooling");
        StringAssert.Contains(message, "avg_first_last and avg_top2");
    }

    [TestMethod]
    public void Read_AnotherPoolingBehindIt_IsRefused()
    {
        using var folder = Folder(3, 1, [0.5f, 0, 0.5f]);
        folder.Write("2_Pooling/config.json", """{"pooling_mode":"cls"}""");

        StringAssert.Contains(
            Assert.ThrowsExactly<NotSupportedException>(() => SentenceTransformersFolder.Read(folder.Path)).Message, "by cls");
    }

    [TestMethod]
    [DataRow("""{"layer_start":1,"num_hidden_layers":4}""", "has 3 layers")]
    [DataRow("""{"layer_start":4,"num_hidden_layers":3}""", "layer_start is 4")]
    [DataRow("""{"layer_start":2,"num_hidden_layers":3}""", "shape [2]")]
    public void Read_ConfigThatDoesNotFit_IsMalformed(string config, string named)
    {
        using var folder = Folder(3, 1, [0.5f, 0, 0.5f]);
        folder.Write("1_WeightedLayerPooling/config.json", config);

        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => SentenceTransformersFolder.Read(folder.Path)).Message, named);
    }

    [TestMethod]
    public void Read_WithoutWeights_SaysWhichFile()
    {
        using var folder = Folder(3, 1, [0.5f, 0, 0.5f]);
        File.Delete(folder.File("1_WeightedLayerPooling/model.safetensors"));

        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => SentenceTransformersFolder.Read(folder.Path)).Message,
            "model.safetensors");
    }

    private static TemporaryFolder Folder(int layers, int start, float[] weights)
    {
        var folder = new TemporaryFolder();
        folder.Write("config.json", $$"""{"num_hidden_layers":{{layers}}}""");
        folder.Write("modules.json", Modules);
        folder.Write("1_WeightedLayerPooling/config.json",
            $$"""{"embedding_dimension":8,"layer_start":{{start}},"num_hidden_layers":{{layers}}}""");
        folder.Write("2_Pooling/config.json", """{"pooling_mode":"mean"}""");
        new SafetensorsBuilder().Add("layer_weights", "F32", [weights.Length], MemoryMarshal.AsBytes(weights.AsSpan()))
            .Save(folder.File("1_WeightedLayerPooling/model.safetensors"));
        return folder;
    }
}
