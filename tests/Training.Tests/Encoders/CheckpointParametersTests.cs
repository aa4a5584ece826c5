using System.Runtime.InteropServices;

namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class CheckpointParametersTests
{
    [TestMethod]
    [DataRow("demo-encoder")]
    [DataRow("bert")]
    [DataRow("xlm-roberta")]
    [DataRow("modernbert")]
    public void Read_UnchangedParameters_GiveTheBytesOfTheCheckpoint(string model)
    {
        using var checkpoint = EncoderCheckpoint.Open(EncoderModels.Folder(model));
        using var parameters = new CheckpointParameters(checkpoint.Weights, checkpoint.Graph);

        var trained = 0L;
        foreach (var (file, tensor) in checkpoint.Tensors.Where(t => parameters.Contains(t.Tensor.Name)))
        {
            var values = new float[tensor.ElementCount];
            parameters.Read(tensor.Name, values);
            var stored = new byte[tensor.Bytes];
            file.ReadBytes(tensor, 0, stored);
            Assert.IsTrue(stored.AsSpan().SequenceEqual(MemoryMarshal.AsBytes(values.AsSpan())), tensor.Name);
            trained += tensor.ElementCount;
        }
        Assert.AreEqual(checkpoint.Dimensions.Parameters, trained);
        Assert.AreEqual(trained, parameters.Count);
    }

    /// <summary>Each value is written to one place of one tensor, and that tensor's value to the same place of the graph.</summary>
    [TestMethod]
    [DataRow("bert", "encoder.layer.1.attention.self.key.weight", "model.layers.1.attn.k_proj.MatMul.weight")]
    [DataRow("bert", "encoder.layer.0.intermediate.dense.weight", "model.layers.0.mlp.up_proj.MatMul.weight")]
    [DataRow("modernbert", "layers.2.mlp.Wi.weight", "model.layers.2.mlp.Wi.MatMul.weight")]
    public void All_LinearWeight_IsTransposed(string model, string tensor, string name)
    {
        using var checkpoint = EncoderCheckpoint.Open(EncoderModels.Folder(model));
        using var parameters = new CheckpointParameters(checkpoint.Weights, checkpoint.Graph);
        var parameter = parameters.All.Single(p => p.Name == name);
        var shape = checkpoint.Tensors.Single(t => t.Tensor.Name == tensor).Tensor.Shape;
        var values = new float[parameter.Length];
        parameters.Read(tensor, values);

        CollectionAssert.AreEqual(shape.Reverse().ToArray(), parameter.Shape);
        parameter.Values[3 * parameter.Width + 5] = 99;
        parameters.Read(tensor, values);
        Assert.AreEqual(5 * (int)shape[1] + 3, Array.IndexOf(values, 99f));
    }

    [TestMethod]
    public void Read_JoinedBias_GivesEachProjectionItsOwnThird()
    {
        using var checkpoint = EncoderCheckpoint.Open(EncoderModels.Folder("bert"));
        using var parameters = new CheckpointParameters(checkpoint.Weights, checkpoint.Graph);
        var joined = parameters.All.Single(p => p.Name == "model.layers.0.attn.qkv.bias");
        for (var i = 0; i < joined.Length; i++)
            joined.Values[i] = i;

        foreach (var (part, projection) in new[] { "query", "key", "value" }.Index())
        {
            var values = new float[64];
            parameters.Read($"encoder.layer.0.attention.self.{projection}.bias", values);
            CollectionAssert.AreEqual(Enumerable.Range(64 * part, 64).Select(i => (float)i).ToArray(), values);
        }
    }

    [TestMethod]
    [DataRow("xlm-roberta", "word_embeddings position_embeddings")]
    [DataRow("bert", "word_embeddings position_embeddings token_type_embeddings")]
    [DataRow("modernbert", "tok_embeddings")]
    public void All_TablesThatAreLookedUp_AreTables(string model, string tables)
    {
        using var checkpoint = EncoderCheckpoint.Open(EncoderModels.Folder(model));
        using var parameters = new CheckpointParameters(checkpoint.Weights, checkpoint.Graph);

        CollectionAssert.AreEquivalent(tables.Split(' ').Select(t => $"model.embeddings.{t}.weight").ToArray(),
            parameters.All.Where(p => p.IsTable).Select(p => p.Name).ToArray());
    }

    /// <summary>Caches of rotary positions are computed, not trained.</summary>
    [TestMethod]
    public void All_ModernBert_HasNoCaches()
    {
        using var checkpoint = EncoderCheckpoint.Open(EncoderModels.Folder("modernbert"));
        using var parameters = new CheckpointParameters(checkpoint.Weights, checkpoint.Graph);

        Assert.IsTrue(checkpoint.Graph.ExternalTensors.Any(t => t.Proto.Name.Contains("cache", StringComparison.Ordinal)));
        Assert.IsFalse(parameters.All.Any(p => p.Name.Contains("cache", StringComparison.Ordinal)));
    }
}
