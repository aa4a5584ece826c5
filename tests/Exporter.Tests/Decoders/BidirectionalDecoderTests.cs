using System.Text.Json.Nodes;

namespace XlLoraOnnx.Exporter.Tests;

/// <summary>What the export makes of decoders whose config says that attention goes both ways.</summary>
[TestClass]
public sealed class BidirectionalDecoderTests
{
    [TestMethod]
    [DataRow("llama31", "is_causal", false, ExportPrecision.Bf16)]
    [DataRow("gemma2", "is_causal", false, ExportPrecision.Fp32)]
    [DataRow("gemma3-text", "use_bidirectional_attention", true, ExportPrecision.Fp32)]
    public void Plan_BothWays_HasTheApprovedGraph(string model, string field, bool value, ExportPrecision precision)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Checkpoint(folder, model, c => c[field] = value);
        var options = new ExportOptions { Precision = precision, ContextLength = 64, Pooling = EmbeddingPooling.Mean };
        var config = ConfigReader.Open(Path.Combine(checkpoint, "config.json"));
        using var weights = CheckpointFiles.Open(checkpoint);

        var plan = ModelFamilies.Find(config, precision).Plan(
            config, new TextWeights(checkpoint, weights), new WeightFormats(options), options);

        CollectionAssert.AreEqual((string[])[GraphRoles.Embedding], plan.Graphs.Keys.ToArray());
        Assert.IsEmpty(plan.Caches);
        Assert.HasCount(6 * 7, plan.LoraSlots);
        Approval.Verify($"{model}.both-ways.{precision.Name()}", Attention(GraphSkeleton.Of(plan.Graphs[GraphRoles.Embedding])));
    }

    /// <summary>All else is as in the graph of a causal embedder, which is approved whole.</summary>
    private static string Attention(string graph) => string.Join('\n', graph.Split('\n').Where(line =>
        line.StartsWith("  /model/", StringComparison.Ordinal) && line.Contains("/attn", StringComparison.Ordinal)
        && !line.Contains("_proj/", StringComparison.Ordinal)));

    [TestMethod]
    [DataRow("llama31", "is_causal", false)]
    [DataRow("gemma2", "is_causal", false)]
    [DataRow("gemma3-text", "use_bidirectional_attention", true)]
    public void Export_BothWaysToGenerate_IsRefusedByTheField(string model, string field, bool value)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Checkpoint(folder, model, c => c[field] = value);

        var error = Assert.ThrowsExactly<NotSupportedException>(() => ModelExporter.Export(checkpoint, folder.File("out")));

        StringAssert.Contains(error.Message, $"generates no text: its attention goes both ways ('{checkpoint}");
        StringAssert.Contains(error.Message, $"{field} is {(value ? "true" : "false")}");
        StringAssert.Contains(error.Message, "--pooling last or mean");
    }

    [TestMethod]
    [DataRow("llama31", """{"is_causal":true}""")]
    [DataRow("gemma3-text", """{"is_causal":true,"use_bidirectional_attention":false}""")]
    [DataRow("gemma2", """{"use_bidirectional_attention":null}""")]
    public void Export_CausalAfterAll_Generates(string model, string change)
    {
        using var folder = new TemporaryFolder();

        Assert.IsNull(ModelExporter.Export(Checkpoint(folder, model, change), folder.File("out")).Encoder);
    }

    [TestMethod]
    public void Export_CausalByTheFirstToken_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var options = new ExportOptions { Pooling = EmbeddingPooling.Cls };

        var causal = Assert.ThrowsExactly<NotSupportedException>(
            () => ModelExporter.Export(Repository.Data("models", "llama31"), folder.File("causal"), options));
        var both = ModelExporter.Export(Checkpoint(folder, "llama31", """{"is_causal":false}"""), folder.File("both"), options);

        StringAssert.Contains(causal.Message, "cannot be pooled by cls");
        Assert.AreEqual("cls", both.Encoder!.Pooling);
    }

    [TestMethod]
    [DataRow("llama31", """{"is_causal":null}""", "is_causal", "expected true or false")]
    [DataRow("llama31", """{"is_causal":"no"}""", "is_causal is \"no\"", "expected true or false")]
    public void Export_IsCausalThatSaysNothing_IsMalformed(string model, string change, string found, string expected)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Checkpoint(folder, model, change);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => ModelExporter.Export(checkpoint, folder.File("out")));

        StringAssert.Contains(error.Message, found);
        StringAssert.Contains(error.Message, expected);
    }

    [TestMethod]
    [DataRow("gemma2", """{"use_bidirectional_attention":true}""", "is_causal: false says what is meant")]
    [DataRow("gemma3-multimodal", """{"is_causal":false}""", "text_config alone")]
    public void Export_FieldThatTransformersPassesOver_IsRefused(string model, string change, string named)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Checkpoint(folder, model, change);

        var error = Assert.ThrowsExactly<NotSupportedException>(() => ModelExporter.Export(checkpoint, folder.File("out")));

        StringAssert.Contains(error.Message, named);
    }

    /// <summary>A headless folder whose files say how to pool needs no option.</summary>
    [TestMethod]
    [DataRow("LlamaModel", "llama31")]
    [DataRow("Gemma2Model", "gemma2")]
    public void Export_HeadlessWithSentenceTransformersFiles_AsksForNothing(string architecture, string model)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Checkpoint(folder, model, c => c["architectures"] = new JsonArray(architecture));
        var without = Assert.ThrowsExactly<NotSupportedException>(() => ModelExporter.Export(checkpoint, folder.File("without")));
        SentenceTransformersFiles.Write(checkpoint, """{"pooling_mode":"lasttoken"}""", "Normalize");

        var encoder = ModelExporter.Export(checkpoint, folder.File("out")).Encoder!;

        StringAssert.Contains(without.Message, "gives vectors alone. Say how to pool them");
        Assert.AreEqual(("last", "sentence-transformers", true), (encoder.Pooling, encoder.PoolingSource, encoder.Normalize));
    }

    private static string Checkpoint(TemporaryFolder folder, string model, string change) => Checkpoint(folder, model, config =>
    {
        foreach (var (name, value) in JsonNode.Parse(change)!.AsObject())
            config[name] = value?.DeepClone();
    });

    private static string Checkpoint(TemporaryFolder folder, string model, Action<JsonObject> change)
    {
        var checkpoint = Repository.Data("models", model).CopyTo(folder, "checkpoint");
        TestFolders.Edit(Path.Combine(checkpoint, "config.json"), change);
        return checkpoint;
    }
}
