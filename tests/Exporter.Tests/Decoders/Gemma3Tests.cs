
namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class Gemma3Tests
{
    /// <summary>Layers 1 to 4 are like layer 0 but for their number, so the approved text leaves them out.</summary>
    [TestMethod]
    public void Plan_TinyModel_HasTheApprovedGraph()
    {
        using var checkpoint = CheckpointFiles.Open(Repository.Data("models", "gemma3-text"));

        Approval.Verify("Gemma3Graph", GraphSkeleton.Of(Plan(checkpoint, "gemma3-text", contextLength: 256).Graphs[GraphRoles.Lora]));
    }

    [TestMethod]
    public void Plan_EveryLinearModule_HasASlotInGraphOrder()
    {
        using var checkpoint = CheckpointFiles.Open(Repository.Data("models", "gemma3-text"));

        var slots = Plan(checkpoint, "gemma3-text", null).LoraSlots;

        Assert.HasCount(6 * 7, slots);
        CollectionAssert.AreEqual(
            (string[])
            [
                "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
                "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj",
            ],
            slots.Take(7).Select(s => s.Name["model.layers.0.".Length..]).ToArray());
        Assert.AreEqual(new Formats.LoraSlot("model.layers.0.mlp.down_proj", 128, 64), slots[6]);
    }

    [TestMethod]
    public void Plan_EveryModule_HasARankSymbolOfItsOwn()
    {
        using var checkpoint = CheckpointFiles.Open(Repository.Data("models", "gemma3-text"));

        var inputs = Plan(checkpoint, "gemma3-text", null).Graphs[GraphRoles.Lora].Proto.Input.Where(i => i.Name.Contains(".lora_A."));

        var symbols = inputs.Select(i => i.Type.TensorType.Shape.Dim[1].DimParam).ToArray();
        Assert.HasCount(6 * 7, symbols);
        CollectionAssert.AllItemsAreUnique(symbols);
    }

    [TestMethod]
    public void Plan_LinearScaling_StretchesTheGlobalCachesAlone()
    {
        using var plain = CheckpointFiles.Open(Repository.Data("models", "gemma3-text"));
        using var scaled = CheckpointFiles.Open(Repository.Data("models", "gemma3-text-ropescaled"));

        var (a, b) = (Graph(plain, "gemma3-text"), Graph(scaled, "gemma3-text-ropescaled"));

        CollectionAssert.AreEqual(Bytes(a, "cos_cache_local"), Bytes(b, "cos_cache_local"));
        CollectionAssert.AreNotEqual(Bytes(a, "cos_cache_global"), Bytes(b, "cos_cache_global"));
        // row 8 of the scaled cache is row 1 of the plain one; eight frequencies of four bytes each
        CollectionAssert.AreEqual(Bytes(a, "sin_cache_global")[32..64], Bytes(b, "sin_cache_global")[256..288]);
    }

    [TestMethod]
    [DataRow(null, 2048)]
    [DataRow(100, 100)]
    [DataRow(2048, 2048)]
    public void Plan_ContextLength_IsTheRowsOfTheCaches(int? requested, int expected)
    {
        using var checkpoint = CheckpointFiles.Open(Repository.Data("models", "gemma3-text"));

        var plan = Plan(checkpoint, "gemma3-text", requested);

        Assert.AreEqual(expected, plan.Dimensions.ContextLength);
        Assert.AreEqual(expected, plan.Graphs[GraphRoles.Lora].Proto.Initializer.Single(i => i.Name == "cos_cache_local").Dims[0]);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(2049)]
    public void Plan_ContextLengthOutOfRange_IsRefused(int requested)
    {
        using var checkpoint = CheckpointFiles.Open(Repository.Data("models", "gemma3-text"));

        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Plan(checkpoint, "gemma3-text", requested));

        StringAssert.Contains(error.Message, "from 1 to 2048");
    }

    private static OnnxGraph Graph(CheckpointFiles checkpoint, string model) => Plan(checkpoint, model, 64).Graphs[GraphRoles.Lora];

    private static ModelPlan Plan(CheckpointFiles checkpoint, string model, int? contextLength)
    {
        var folder = Repository.Data("models", model);
        return Gemma3.Plan(ConfigReader.Open(Path.Combine(folder, "config.json")), new TextWeights(folder, checkpoint),
            new WeightFormats(new ExportOptions()), new ExportOptions { ContextLength = contextLength });
    }

    private static byte[] Bytes(OnnxGraph graph, string initializer)
    {
        using var stream = new MemoryStream();
        graph.ExternalTensors.Single(t => t.Proto.Name == initializer).Source.WriteTo(stream, CancellationToken.None);
        return stream.ToArray();
    }
}
