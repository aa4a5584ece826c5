using System.Text.Json.Nodes;

namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class SentenceTransformersWriterTests
{
    [TestMethod]
    [DataRow("demo-encoder", EncoderPooler.AvgFirstLast, EmbeddingPooling.AvgFirstLast)]
    [DataRow("demo-encoder", EncoderPooler.Avg, EmbeddingPooling.Mean)]
    [DataRow("bert", EncoderPooler.AvgTop2, EmbeddingPooling.AvgTop2)]
    [DataRow("bert", EncoderPooler.ClsBeforePooler, EmbeddingPooling.Cls)]
    [DataRow("modernbert", EncoderPooler.AvgFirstLast, EmbeddingPooling.AvgFirstLast)]
    public async Task Write_UnchangedWeights_ExportToTheSameVectors(string model, EncoderPooler pooler, EmbeddingPooling pooling)
    {
        using var folder = new TemporaryFolder();
        var written = Write(folder, EncoderModels.Folder(model), pooler);

        var expected = await EncoderModels.EmbedAsync(EncoderModels.Folder(model), folder.File("before"), new() { Pooling = pooling });
        var vectors = await EncoderModels.EmbedAsync(written, folder.File("after"));

        var (before, after) = (ModelManifest.Read(folder.File("before")), ModelManifest.Read(folder.File("after")));
        Assert.AreEqual(before.BaseFingerprint, after.BaseFingerprint);
        Assert.AreEqual(before.Encoder! with { PoolingSource = "sentence-transformers" }, after.Encoder);
        for (var text = 0; text < expected.Length; text++)
            CollectionAssert.AreEqual(expected[text], vectors[text]);
    }

    [TestMethod]
    public async Task Write_Cls_HasTheLinearLayerAsDense()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = EncoderModels.Renamed(folder, "bert", name => "bert." + name, tensors =>
            tensors.AddNumbers("mlp.dense.weight", [64, 64], 5).AddNumbers("mlp.dense.bias", [64], 6));
        var written = Write(folder, checkpoint, EncoderPooler.Cls);

        var states = await EncoderModels.EmbedAsync(checkpoint, folder.File("before"), new() { Pooling = EmbeddingPooling.Cls });
        var vectors = await EncoderModels.EmbedAsync(written, folder.File("after"));

        var (weight, bias) = (TrainingSteps.Numbers(64 * 64, 5), TrainingSteps.Numbers(64, 6));
        for (var text = 0; text < states.Length; text++)
        {
            for (var i = 0; i < 64; i++)
            {
                var sum = bias[i] + states[text].Select((x, j) => (double)x * weight[i * 64 + j]).Sum();
                Assert.AreEqual(Math.Tanh(sum), vectors[text][i], 1e-5);
            }
        }
    }

    /// <summary>What is trained is the model without its head: the head would be of another one.</summary>
    [TestMethod]
    public void Write_CheckpointWithHeads_KeepsTheNamesAndThePoolerAlone()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = EncoderModels.Renamed(folder, "xlm-roberta", Prefixed, tensors => tensors
            .AddNumbers("lm_head.bias", [10], 1)
            .Add("roberta.embeddings.position_ids", "I64", [1, 2], new byte[16]));
        TestFolders.Edit(Path.Combine(checkpoint, "config.json"), c => c["architectures"] = new JsonArray("RobertaForCL"));

        var written = Write(folder, checkpoint, EncoderPooler.Avg, parameters =>
            parameters.All.Single(p => p.Name == "model.encoder.layer.0.attention.output.LayerNorm.weight").Values.Fill(7));

        using var source = SafetensorsFile.Open(Path.Combine(checkpoint, "model.safetensors"));
        using var file = SafetensorsFile.Open(Path.Combine(written, "model.safetensors"));
        CollectionAssert.AreEqual(
            source.Tensors.Keys.Where(name => name is not ("lm_head.bias" or "roberta.embeddings.position_ids")).ToArray(),
            file.Tensors.Keys.ToArray());
        CollectionAssert.AreEqual(source.ReadFloat32("roberta.pooler.dense.bias"), file.ReadFloat32("roberta.pooler.dense.bias"));
        var norm = file.ReadFloat32("roberta.encoder.layer.0.attention.output.LayerNorm.weight");
        Assert.IsTrue(norm.All(v => v == 7));
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(written, "config.json")))!;
        Assert.AreEqual("[\"XLMRobertaModel\"] float32 xlm-roberta",
            $"{config["architectures"]!.ToJsonString()} {config["dtype"]} {config["model_type"]}");

        static string Prefixed(string name) => "roberta." + name;
    }

    [TestMethod]
    public void Write_AnyPooler_WritesWhatSentenceTransformersReads()
    {
        using var folder = new TemporaryFolder();
        var curves = folder.Write("curves.csv", "step\n");
        var written = Write(folder, Repository.DemoEncoder(), EncoderPooler.AvgFirstLast, copied: curves);

        string Text(string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(written, name)))!.ToJsonString();
        string[] expected =
        [
            "1_WeightedLayerPooling/config.json", "1_WeightedLayerPooling/model.safetensors", "2_Pooling/config.json", "README.md",
            "config.json", "config_sentence_transformers.json", "curves.csv", "model.safetensors", "modules.json",
            "sentence_bert_config.json", "tokenizer.json", "tokenizer_config.json",
        ];
        CollectionAssert.AreEqual(expected, Directory.GetFiles(written, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(written, path)).Order(StringComparer.Ordinal).ToArray());
        Assert.AreEqual("""{"word_embedding_dimension":128,"layer_start":0,"num_hidden_layers":4}""",
            Text("1_WeightedLayerPooling/config.json"));
        using var layers = SafetensorsFile.Open(Path.Combine(written, "1_WeightedLayerPooling", "model.safetensors"));
        CollectionAssert.AreEqual((float[])[0, 0.5f, 0, 0, 0.5f], layers.ReadFloat32("layer_weights"));
        StringAssert.Contains(Text("modules.json"),
            "\"path\":\"1_WeightedLayerPooling\",\"type\":\"sentence_transformers.models.WeightedLayerPooling\"");
        StringAssert.Contains(Text("config.json"), "\"output_hidden_states\":true");
        StringAssert.Contains(Text("2_Pooling/config.json"), "\"pooling_mode_mean_tokens\":true");
        Assert.AreEqual("""{"max_seq_length":128,"do_lower_case":false}""", Text("sentence_bert_config.json"));
    }

    [TestMethod]
    public void Write_Cancelled_LeavesNothingOfTheName()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = EncoderCheckpoint.Open(Repository.DemoEncoder());
        using var parameters = new CheckpointParameters(checkpoint.Weights, checkpoint.Graph);
        var writer = new SentenceTransformersWriter(checkpoint, parameters, null, EncoderPooler.Avg);

        Assert.ThrowsExactly<OperationCanceledException>(() =>
            writer.Write(folder.File("part"), folder.File("out"), "", [], new CancellationToken(canceled: true)));
        Assert.IsFalse(Directory.Exists(folder.File("out")));

        // what was left is begun anew
        Directory.CreateDirectory(folder.File("out"));
        writer.Write(folder.File("part"), folder.File("out"), "", []);
        Assert.IsTrue(File.Exists(Path.Combine(folder.File("out"), "model.safetensors")));
        Assert.IsFalse(Directory.Exists(folder.File("part")));
    }

    private static string Write(TemporaryFolder folder, string model, EncoderPooler pooler, Action<CheckpointParameters>? change = null,
        params string[] copied)
    {
        using var checkpoint = EncoderCheckpoint.Open(model);
        using var parameters = new CheckpointParameters(checkpoint.Weights, checkpoint.Graph);
        using var head = pooler == EncoderPooler.Cls ? new MlpHead(checkpoint, seed: 1) : null;
        change?.Invoke(parameters);
        var output = folder.File("written");
        new SentenceTransformersWriter(checkpoint, parameters, head, pooler).Write(folder.File("writing"), output, "# card\n", copied);
        return output;
    }
}
