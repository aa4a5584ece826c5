using System.Text.Json.Nodes;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>Heads of sizes that the fused operator does not take, as OpenLLaMA 3B has them, against the reference in double
/// precision.</summary>
[TestClass]
public sealed class HeadWidthTests
{
    private const string Adapter = "all-linear-r8";

    private const int NewTokens = 16;

    private static readonly string[] Roles =
        [GraphRoles.Lora, GraphRoles.Base, GraphRoles.Continuous, GraphRoles.ContinuousBase];

    [TestMethod]
    [DataRow("llama31", 24)]
    [DataRow("llama31", 100)]
    [DataRow("llama32-tied", 18)]
    [DataRow("gemma2", 20)]
    [DataRow("gemma3-text", 24)]
    [DataRow("gemma3-text", 100)]
    public void Logits_HeadsOfAnySize_AreThoseOfTheReference(string model, int headDim)
    {
        using var folder = new TemporaryFolder();
        var (checkpoint, exported) = Export(folder, model, headDim);
        var reference = ReferenceDecoder.Open(checkpoint);
        var dimensions = ModelManifest.Read(exported).Dimensions;
        // within the window of the Gemmas, and beyond it
        long[][] prompts = [Sequence(3), Sequence(45)];

        Assert.AreEqual(headDim, dimensions.HeadDim);
        foreach (var ids in prompts)
        {
            var expected = reference.Logits(ids);
            foreach (var role in Roles)
            {
                using var run = new GraphRun(exported, dimensions, role);
                AssertClose(expected[^1], run.Logits(ids), $"{model}, {role}, {ids.Length} tokens");
            }
            using var scoring = new GraphRun(exported, dimensions, GraphRoles.Scoring);
            AssertClose([.. expected.SelectMany(row => row)], scoring.Logits(ids), $"{model}, scoring");
        }
    }

    [TestMethod]
    [DataRow("llama31", 100, TextEngine.Continuous)]
    [DataRow("gemma3-text", 24, TextEngine.Continuous)]
    [DataRow("gemma3-text", 24, TextEngine.GenAi)]
    public async Task GenerateAsync_RowsThatOutgrowTheWindow_AreThoseOfTheReference(string model, int headDim, TextEngine engine)
    {
        using var folder = new TemporaryFolder();
        var (checkpoint, exported) = Export(folder, model, headDim);
        var reference = ReferenceDecoder.Open(checkpoint);
        int[] shared = [.. Sequence(30).Select(id => (int)id)];
        int[][] prompts = [shared[..2], [.. shared, 11, 12], [.. shared, 13], [.. shared[..20], 14]];
        using var loaded = XlLoraModel.Load(exported, new XlLoraModelOptions { GenAi = new GenAiTextGeneratorFactory(), Engine = engine });

        var results = await loaded.GenerateAsync(prompts.Select((ids, i) => new GenerationRequest
        {
            RowId = i,
            PromptTokens = ids,
            MaxNewTokens = NewTokens,
            Sampling = SamplingOptions.Greedy,
            IgnoreStopTokens = true,
        })).ToListAsync();

        Assert.HasCount(prompts.Length, results);
        foreach (var result in results)
        {
            var expected = loaded.Folder.Tokenizer.Decode(Greedy(reference, prompts[result.RowId]));
            Assert.AreEqual(expected.Trim(), result.Text.Trim(), $"row {result.RowId}");
        }
    }

    [TestMethod]
    [DataRow("llama31")]
    [DataRow("gemma3-text")]
    public async Task GenerateAsync_AdapterBesideTheBase_IsTheMergedModel(string model)
    {
        using var folder = new TemporaryFolder();
        var adapter = Repository.Data("models", "adapters", model, Adapter);
        var checkpoint = Repository.Data("models", model).CopyTo(folder, "checkpoint");
        // as many numbers in all, so that the recorded weights and adapters fit
        TestFolders.Edit(Path.Combine(checkpoint, "config.json"), Heads(8, heads: 8, keyValueHeads: 4));
        if (model == "gemma3-text")
            HalveHeadNorms(checkpoint);
        var options = new ExportOptions { Adapters = new Dictionary<string, string> { [Adapter] = adapter } };
        ModelExporter.Export(checkpoint, folder.File("both"), options);
        ModelExporter.Export(checkpoint, folder.File("merged"), options with { Merge = Adapter });

        var both = await Answers(folder.File("both"), null, Adapter);
        var merged = await Answers(folder.File("merged"), [null]);

        Assert.AreEqual(merged[0].Text, both[1].Text);
        Assert.AreNotEqual(both[0].Text, both[1].Text);
    }

    [TestMethod]
    [DataRow("llama31", 20, "{}")]
    [DataRow("gemma3-text", 24, "{}")]
    [DataRow("gemma3-text", 24, """{"use_bidirectional_attention":true}""")]
    [DataRow("llama31", 100, """{"is_causal":false}""")]
    public void Vector_OfTheLastToken_IsThatOfTheReference(string model, int headDim, string change)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = RandomCheckpoint.Decoder(folder, model, config =>
        {
            Heads(headDim, heads: 4, keyValueHeads: 2)(config);
            foreach (var (name, value) in JsonNode.Parse(change)!.AsObject())
                config[name] = value!.DeepClone();
        });
        ModelExporter.Export(checkpoint, folder.File("model"), new ExportOptions { Pooling = EmbeddingPooling.Last, Normalize = false });
        using var run = new EncoderGraphRun(folder.File("model"));
        var ids = Sequence(40);

        var vector = run.Run(RecordedRows.Padded([ids, ids[..9]]));

        AssertClose([.. ReferenceDecoder.Open(checkpoint).States(ids)[^1], .. ReferenceDecoder.Open(checkpoint).States(ids[..9])[^1]],
            vector, model);
    }

    private static (string Checkpoint, string Exported) Export(TemporaryFolder folder, string model, int headDim)
    {
        var checkpoint = RandomCheckpoint.Decoder(folder, model, Heads(headDim, heads: 4, keyValueHeads: 2));
        ModelExporter.Export(checkpoint, folder.File("model"));
        return (checkpoint, folder.File("model"));
    }

    private static Action<JsonObject> Heads(int headDim, int heads, int keyValueHeads) => config =>
        (config["head_dim"], config["num_attention_heads"], config["num_key_value_heads"]) = (headDim, heads, keyValueHeads);

    private static void HalveHeadNorms(string checkpoint)
    {
        var builder = new SafetensorsBuilder();
        using (var source = CheckpointFiles.Open(checkpoint))
        {
            foreach (var (file, tensor) in source.Tensors)
            {
                var isNorm = tensor.Name.EndsWith("q_norm.weight", StringComparison.Ordinal)
                    || tensor.Name.EndsWith("k_norm.weight", StringComparison.Ordinal);
                var bytes = file.ReadBytes(tensor);
                builder.Add(tensor.Name, tensor.DType, isNorm ? [tensor.Shape[0] / 2] : [.. tensor.Shape],
                    isNorm ? bytes.AsSpan(0, bytes.Length / 2) : bytes);
            }
        }
        // goes before shards
        builder.Save(Path.Combine(checkpoint, "model.safetensors"));
    }

    /// <summary>Each token by a clear margin: random weights make large logits.</summary>
    private static int[] Greedy(ReferenceDecoder reference, int[] prompt)
    {
        List<int> ids = [.. prompt];
        for (var i = 0; i < NewTokens; i++)
        {
            var logits = reference.Logits([.. ids.Select(id => (long)id)])[^1];
            double[] best = [.. logits.OrderDescending().Take(2)];
            Assert.IsGreaterThan(1e-3, best[0] - best[1], "two tokens are as likely: choose another seed");
            ids.Add(Array.IndexOf(logits, best[0]));
        }
        return [.. ids.Skip(prompt.Length)];
    }

    private static async Task<GenerationResult[]> Answers(string folder, params string?[] adapters)
    {
        using var model = XlLoraModel.Load(folder);
        var results = await model.GenerateAsync(adapters.Select((adapter, i) => new GenerationRequest
        {
            RowId = i,
            PromptTokens = [.. Sequence(25).Select(id => (int)id)],
            Adapter = adapter,
            MaxNewTokens = NewTokens,
            Sampling = SamplingOptions.Greedy,
            IgnoreStopTokens = true,
        })).ToListAsync();
        return [.. results.OrderBy(r => r.RowId)];
    }

    private static long[] Sequence(int length) => [.. Enumerable.Range(0, length).Select(i => 2 + 37L * i % 1900)];

    private static void AssertClose(double[] expected, float[] actual, string what)
    {
        Assert.HasCount(expected.Length, actual);
        Assert.IsLessThan(1e-4, expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max(), what);
    }
}
