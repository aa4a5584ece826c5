using System.Text.Json.Nodes;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>Folders as sentence-transformers and PEFT write them: vectors that the libraries gave, or that follow from recorded
/// states.</summary>
[TestClass]
public sealed class SentenceTransformersTests
{
    private static readonly string[] Texts = ["The cook buys books.", "A farmer carries water."];

    /// <summary>Of sentence-transformers 5.4 over the recorded BERT, whose file says "cls".</summary>
    private static readonly float[][] Published =
    [
        [0.14031972f, -0.17652585f, -0.029820748f, -0.004063152f, 0.029366374f, 0.014872224f, -0.07187341f, -0.38309866f],
        [0.1392806f, -0.21758251f, 0.04200028f, -0.021120435f, -0.07702288f, 0.0007244016f, -0.038072392f, -0.41161877f],
    ];

    /// <summary>Of an adapter trained on <c>AutoModel</c> over the recorded Llama, pooled by the last token; below, of the base.</summary>
    private static readonly float[][] OfTheAdapter =
    [
        [0.53817636f, 1.2569954f, 0.13002372f, 1.0260091f, 2.332406f, -0.04545733f, 0.9386964f, -1.1273091f],
        [-0.32833275f, 0.05589697f, -2.3745878f, 0.9434336f, 1.0477841f, 0.70026845f, -0.428922f, 1.3367472f],
    ];

    private static readonly float[][] OfTheBase =
    [
        [0.38525832f, 0.1770608f, 0.50170624f, -0.4159421f, 1.1455736f, 0.15560998f, 0.15128456f, -0.5875533f],
        [-0.26606598f, -0.09320114f, -1.042412f, -1.7238753f, -2.721613f, 0.19925985f, -1.0946379f, 0.6215717f],
    ];

    [TestMethod]
    public async Task Embed_PoolingOfTheNewSpelling_GivesThePublishedVectors()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Bert(folder, """{"embedding_dimension":64,"pooling_mode":"cls","include_prompt":true}""", normalize: true);

        ModelExporter.Export(checkpoint, folder.File("out"));

        await AssertVectorsAsync(folder.File("out"), null, Published);
    }

    [TestMethod]
    [DataRow("base_model.model.layers.", "LlamaModel")]
    [DataRow("base_model.model.model.layers.", "LlamaForCausalLM")]
    public async Task Embed_AdapterTrainedOnAutoModel_GivesItsVectors(string keys, string architecture)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Repository.Data("models", "llama31").CopyTo(folder, "checkpoint");
        TestFolders.Edit(Path.Combine(checkpoint, "config.json"), c => c["architectures"] = new JsonArray(architecture));
        ModelExporter.Export(checkpoint, folder.File("out"), new ExportOptions { Pooling = EmbeddingPooling.Last });

        AdapterExporter.Export(Renamed(folder, "llama31", keys), folder.File("out"), "tuned");

        await AssertVectorsAsync(folder.File("out"), null, OfTheBase);
        await AssertVectorsAsync(folder.File("out"), "tuned", OfTheAdapter);
    }

    /// <summary>The same numbers under other names are the same adapter.</summary>
    [TestMethod]
    [DataRow("gemma2", "base_model.model.layers.")]
    [DataRow("gemma3-text", "base_model.model.layers.")]
    [DataRow("gemma3-text", "base_model.model.language_model.layers.")]
    public void Export_AdapterOfAnotherClass_IsTheSameAdapter(string model, string keys)
    {
        using var folder = new TemporaryFolder();
        ModelExporter.Export(Repository.Data("models", model), folder.File("out"), new ExportOptions { Pooling = EmbeddingPooling.Last });

        AdapterExporter.Export(Repository.Data("models", "adapters", model, "all-linear-r8"), folder.File("out"), "whole");
        AdapterExporter.Export(Renamed(folder, model, keys), folder.File("out"), "headless");

        Assert.AreSequenceEqual(Bytes("whole"), Bytes("headless"));
        byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(folder.File("out"), "adapters", name + ".onnx_adapter"));
    }

    /// <summary>Made again of the recorded last hidden states.</summary>
    [TestMethod]
    [DataRow("""{"pooling_mode":"weightedmean"}""", "weighted_mean")]
    [DataRow("""{"pooling_mode_mean_sqrt_len_tokens":true}""", "mean_sqrt_len")]
    [DataRow("""{"pooling_mode":["max","cls"]}""", "max+cls")]
    [DataRow("""{"pooling_mode_mean_tokens":true,"pooling_mode_cls_token":true}""", "cls+mean")]
    [DataRow("""{"word_embedding_dimension":64}""", "mean")]
    public void Run_EveryPooling_IsThatOfTheRecordedStates(string pooling, string name)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Bert(folder, pooling, normalize: false);
        var encoder = ModelExporter.Export(checkpoint, folder.File("out")).Encoder!;
        var rows = RecordedRows.Read(Repository.Data("models", "bert", "expected.safetensors"));
        using var states = SafetensorsFile.Open(Repository.Data("models", "bert", "expected.safetensors"));
        using var run = new EncoderGraphRun(folder.File("out"));

        var vectors = run.Run(rows);

        var parts = name.Split('+');
        Assert.AreEqual((name, 64 * parts.Length), (encoder.Pooling, encoder.Dimension));
        var expected = Enumerable.Range(0, rows.Count)
            .SelectMany(row => parts.SelectMany(part => Pool(part, States(states.ReadFloat32("last_hidden_state"), rows, row)))).ToArray();
        Assert.HasCount(expected.Length, vectors);
        for (var i = 0; i < expected.Length; i++)
            Assert.AreEqual(expected[i], vectors[i], 2e-4, $"number {i}");
    }

    private static double[] Pool(string pooling, double[][] states) => [.. Enumerable.Range(0, 64).Select(i =>
    {
        var values = states.Select(s => s[i]).ToArray();
        return pooling switch
        {
            "cls" => values[0],
            "max" => values.Max(),
            "mean" => values.Average(),
            "mean_sqrt_len" => values.Sum() / Math.Sqrt(values.Length),
            _ => values.Select((v, n) => v * (n + 1)).Sum() / (values.Length * (values.Length + 1) / 2.0),
        };
    })];

    /// <returns>Of the real tokens.</returns>
    private static double[][] States(float[] all, RecordedRows rows, int row) =>
    [
        .. Enumerable.Range(row * rows.Length, rows.Length).Where(token => rows.Mask[token] != 0)
            .Select(token => all.Skip(token * 64).Take(64).Select(v => (double)v).ToArray()),
    ];

    private static string Bert(TemporaryFolder folder, string pooling, bool normalize)
    {
        var checkpoint = Repository.Data("models", "bert").CopyTo(folder, "checkpoint");
        var modules = new JsonArray(Module("sentence_transformers.base.modules.transformer.Transformer", ""),
            Module("sentence_transformers.sentence_transformer.modules.pooling.Pooling", "1_Pooling"));
        if (normalize)
            modules.Add(Module("sentence_transformers.sentence_transformer.modules.normalize.Normalize", "2_Normalize"));
        folder.Write("checkpoint/modules.json", modules.ToJsonString());
        folder.Write("checkpoint/1_Pooling/config.json", pooling);
        return checkpoint;

        static JsonObject Module(string type, string path) => new() { ["path"] = path, ["type"] = type };
    }

    /// <summary>The adapter on every linear module, under the names of another class.</summary>
    private static string Renamed(TemporaryFolder folder, string model, string keys)
    {
        const string Old = "base_model.model.model.layers.";
        var adapter = Repository.Data("models", "adapters", model, "all-linear-r8").CopyTo(folder, "adapter");
        var path = Path.Combine(adapter, "adapter_model.safetensors");
        var renamed = new SafetensorsBuilder();
        using (var file = SafetensorsFile.Open(path))
        {
            foreach (var tensor in file.Tensors.Values)
            {
                var bytes = new byte[tensor.Bytes];
                file.ReadBytes(tensor, 0, bytes);
                renamed.Add(tensor.Name.Replace(Old, keys, StringComparison.Ordinal), tensor.DType, [.. tensor.Shape], bytes);
            }
        }
        renamed.Save(path);
        return adapter;
    }

    private static async Task AssertVectorsAsync(string folder, string? adapter, float[][] expected)
    {
        using var embedder = TextEmbedder.Load(folder, new EmbeddingOptions { Adapter = adapter });
        var vectors = await embedder.EmbedAsync(Texts);
        for (var row = 0; row < expected.Length; row++)
        {
            for (var i = 0; i < expected[row].Length; i++)
                Assert.AreEqual(expected[row][i], vectors[row][i], 1e-4, $"row {row}, number {i}");
        }
    }
}
