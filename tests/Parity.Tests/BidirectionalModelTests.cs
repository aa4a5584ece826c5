using System.Text.Json.Nodes;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>
/// Decoders whose attention goes both ways, as the config says: vectors of <see cref="ReferenceDecoder"/>, which has its own reading of the
/// config, in a padded batch too.
/// </summary>
[TestClass]
public sealed class BidirectionalModelTests
{
    private const string Adapter = "all-linear-r8";

    /// <summary>Texts longer than every window, and far shorter than their batch.</summary>
    private static readonly long[][] Ids = [Sequence(43, 5), Sequence(3, 50), Sequence(24, 900), [7]];

    [TestMethod]
    [DataRow("llama31", """{"is_causal":false}""")]
    [DataRow("llama32-tied", """{"is_causal":false}""")]
    [DataRow("gemma2", """{"is_causal":false}""")]
    [DataRow("gemma3-text", """{"is_causal":false}""")]
    [DataRow("gemma3-text", """{"use_bidirectional_attention":true}""")]
    [DataRow("gemma3-text", """{"use_bidirectional_attention":true,"is_causal":false,"sliding_window":7}""")]
    [DataRow("gemma3-text", """{"use_bidirectional_attention":true,"sliding_window":1}""")]
    [DataRow("gemma3-text-ropescaled", """{"is_causal":false}""")]
    public void Mean_OfEveryFamily_IsThatOfTheReference(string model, string change)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Checkpoint(folder, model, change);
        ModelExporter.Export(checkpoint, folder.File("out"), new ExportOptions { Pooling = EmbeddingPooling.Mean });
        var reference = ReferenceDecoder.Open(checkpoint);
        using var run = new EncoderGraphRun(folder.File("out"));

        var batch = run.Run(RecordedRows.Padded(Ids)).Chunk(64).ToArray();

        for (var row = 0; row < Ids.Length; row++)
        {
            var expected = Mean(reference.States(Ids[row]));
            AssertClose(expected, batch[row], $"{row} in the batch");
            AssertClose(expected, run.Run(RecordedRows.One(Ids[row])), $"{row} alone");
        }
    }

    [TestMethod]
    public void Mean_OfACausalModel_IsAnother()
    {
        using var folder = new TemporaryFolder();
        var causal = ReferenceDecoder.Open(Repository.Data("models", "llama31"));
        var both = ReferenceDecoder.Open(Checkpoint(folder, "llama31", """{"is_causal":false}"""));

        var difference = Mean(causal.States(Ids[0])).Zip(Mean(both.States(Ids[0])), (a, b) => Math.Abs(a - b)).Max();

        Assert.IsGreaterThan(0.1, difference);
    }

    /// <summary>The right vectors of these texts had cosines of 0.46 to 0.53 with those of a causal export.</summary>
    [TestMethod]
    public async Task Embed_TwoTexts_AreAsFarFromCausalVectorsAsWasSeen()
    {
        using var folder = new TemporaryFolder();
        var options = new ExportOptions { Pooling = EmbeddingPooling.Mean, Normalize = true };
        ModelExporter.Export(Repository.Data("models", "llama31"), folder.File("causal"), options);
        ModelExporter.Export(Checkpoint(folder, "llama31", """{"is_causal":false}"""), folder.File("both"), options);
        using var causal = TextEmbedder.Load(folder.File("causal"));
        using var both = TextEmbedder.Load(folder.File("both"));
        string[] texts = ["The cook buys books.", "A farmer carries water."];

        var (a, b) = (await causal.EmbedAsync(texts), await both.EmbedAsync(texts));

        for (var row = 0; row < texts.Length; row++)
        {
            var cosine = a[row].ToArray().Zip(b[row].ToArray(), (x, y) => x * y).Sum();
            Assert.IsTrue(cosine is > 0.455f and < 0.535f, $"{cosine}");
        }
    }

    [TestMethod]
    [DataRow(EmbeddingPooling.Cls)]
    [DataRow(EmbeddingPooling.Last)]
    public void ClsAndLast_AreStatesThatHaveSeenTheWholeText(EmbeddingPooling pooling)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Checkpoint(folder, "gemma3-text", """{"use_bidirectional_attention":true}""");
        ModelExporter.Export(checkpoint, folder.File("out"), new ExportOptions { Pooling = pooling });
        var states = ReferenceDecoder.Open(checkpoint).States(Ids[0]);
        using var run = new EncoderGraphRun(folder.File("out"));

        AssertClose(pooling == EmbeddingPooling.Cls ? states[0] : states[^1], run.Run(RecordedRows.One(Ids[0])), $"{pooling}");
    }

    /// <summary>Shapes as EmbeddingGemma has them: a single key head, no head for words, two Dense without bias, Normalize; tiny.</summary>
    [TestMethod]
    [DataRow("", 16)]
    [DataRow("model.", 32)]
    public void Export_EmbeddingGemma_IsItsWholeChainAndAsksForNothing(string prefix, int headDim)
    {
        using var folder = new TemporaryFolder();
        var (checkpoint, up, down) = EmbeddingGemma(folder, prefix, headDim);
        var encoder = ModelExporter.Export(checkpoint, folder.File("out")).Encoder!;
        var reference = ReferenceDecoder.Open(checkpoint);
        using var run = new EncoderGraphRun(folder.File("out"));

        var batch = run.Run(RecordedRows.Padded(Ids)).Chunk(48).ToArray();

        Assert.AreEqual(("mean", "sentence-transformers", true, 48),
            (encoder.Pooling, encoder.PoolingSource, encoder.Normalize, encoder.Dimension));
        for (var row = 0; row < Ids.Length; row++)
        {
            var x = ReferenceDecoder.Multiply([Mean(reference.States(Ids[row]))], up.Weight);
            x = ReferenceDecoder.Multiply(x, down.Weight);
            var length = Math.Sqrt(x[0].Sum(v => v * v));
            AssertClose([.. x[0].Select(v => v / length)], batch[row], $"{row}");
        }
    }

    [TestMethod]
    public async Task Embed_EmbeddingGemma_TextsDoNotDependOnTheirBatch()
    {
        using var folder = new TemporaryFolder();
        var (checkpoint, _, _) = EmbeddingGemma(folder, "", 16);
        ModelExporter.Export(checkpoint, folder.File("out"));
        using var embedder = TextEmbedder.Load(folder.File("out"));
        string[] texts = ["The cook buys books.", "A farmer carries water.", string.Join(' ', Enumerable.Repeat("The farmer reads.", 30))];

        var together = await embedder.EmbedAsync(texts);

        for (var row = 0; row < texts.Length; row++)
        {
            var alone = await embedder.EmbedAsync([texts[row]]);
            AssertClose([.. together[row].ToArray().Select(v => (double)v)], alone[0], texts[row]);
        }
    }

    /// <summary>What an adapter does as an input of the graph is what it does folded into the weights.</summary>
    [TestMethod]
    [DataRow("llama31", """{"is_causal":false}""")]
    [DataRow("gemma3-text", """{"use_bidirectional_attention":true}""")]
    public void Adapter_OnABidirectionalModel_IsTheMergedOne(string model, string change)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Checkpoint(folder, model, change);
        var adapter = Repository.Data("models", "adapters", model, Adapter);
        var options = new ExportOptions { Pooling = EmbeddingPooling.Mean };
        ModelExporter.Export(checkpoint, folder.File("out"), options);
        AdapterExporter.Export(adapter, folder.File("out"), Adapter);
        ModelExporter.Export(checkpoint, folder.File("merged"),
            options with { Adapters = new Dictionary<string, string> { [Adapter] = adapter }, Merge = Adapter });
        using var plain = new EncoderGraphRun(folder.File("out"));
        using var adapted = new EncoderGraphRun(folder.File("out"), adapter: Adapter);
        using var merged = new EncoderGraphRun(folder.File("merged"));
        var rows = RecordedRows.Padded(Ids);

        var expected = merged.Run(rows);

        AssertClose([.. expected.Select(v => (double)v)], adapted.Run(rows), model);
        Assert.IsGreaterThan(0.01, expected.Zip(plain.Run(rows), (a, b) => Math.Abs(a - b)).Max());
        Assert.IsTrue(FolderVerifier.Verify(folder.File("out")).All(c => c.Outcome == FolderCheckOutcome.Passed));
    }

    private static (string Checkpoint, TestDense Up, TestDense Down) EmbeddingGemma(TemporaryFolder folder, string prefix, int headDim)
    {
        var checkpoint = RandomCheckpoint.Decoder(folder, "gemma3-text", config =>
        {
            config["architectures"] = new JsonArray("Gemma3TextModel");
            config["use_bidirectional_attention"] = true;
            (config["hidden_size"], config["num_attention_heads"], config["num_key_value_heads"]) = (48, 3, 1);
            (config["head_dim"], config["query_pre_attn_scalar"], config["sliding_window"]) = (headDim, headDim, 12);
        }, prefix);
        var (up, down) = (TestDense.Random(48, 192, "linear.Identity", bias: false, seed: 1),
            TestDense.Random(192, 48, "linear.Identity", bias: false, seed: 2));
        SentenceTransformersFiles.Write(checkpoint, """{"pooling_mode_mean_tokens":true,"include_prompt":true}""", up, down, "Normalize");
        return (checkpoint, up, down);
    }

    private static string Checkpoint(TemporaryFolder folder, string model, string change)
    {
        var checkpoint = Repository.Data("models", model).CopyTo(folder, "checkpoint");
        TestFolders.Edit(Path.Combine(checkpoint, "config.json"), config =>
        {
            foreach (var (name, value) in JsonNode.Parse(change)!.AsObject())
                config[name] = value!.DeepClone();
        });
        return checkpoint;
    }

    private static long[] Sequence(int length, int first) => [.. Enumerable.Range(0, length).Select(i => (first + 37L * i) % 1990)];

    private static double[] Mean(double[][] states) => [.. Enumerable.Range(0, states[0].Length).Select(i => states.Average(s => s[i]))];

    private static void AssertClose(double[] expected, ReadOnlySpan<float> actual, string what)
    {
        Assert.AreEqual(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.AreEqual(expected[i], actual[i], 1e-4, $"{what}, number {i}");
    }
}
