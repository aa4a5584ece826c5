namespace XlLoraOnnx.Parity.Tests;

/// <summary>Dense modules within the graph, against the same arithmetic in double precision over recorded poolings.</summary>
[TestClass]
public sealed class DenseModuleTests
{
    private const string Cls = """{"pooling_mode_cls_token":true}""";
    private const string Mean = """{"pooling_mode":"mean"}""";

    [TestMethod]
    [DataRow("bert", DisplayName = "LaBSE: cls, Dense with tanh, Normalize")]
    [DataRow("modernbert")]
    public void Run_DenseAndNormalize_IsLaBse(string model)
    {
        var dense = TestDense.Random(64, 64);
        AssertVectors(model, Cls, "cls", [dense, "Normalize"], x => Normalize(Apply(dense, Math.Tanh, x)));
    }

    [TestMethod]
    [DataRow("xlm-roberta", DisplayName = "distiluse: mean, Dense with tanh to fewer numbers")]
    [DataRow("bert")]
    public void Run_DenseToFewerNumbers_IsDistiluse(string model)
    {
        var dense = TestDense.Random(64, 40);
        AssertVectors(model, Mean, "avg", [dense], x => Apply(dense, Math.Tanh, x));
    }

    [TestMethod]
    public void Run_TwoDenseWithoutBias_IsTheHeadOfEmbeddingGemma()
    {
        var (up, down) = (TestDense.Random(64, 96, "linear.Identity", bias: false, seed: 1),
            TestDense.Random(96, 64, "linear.Identity", bias: false, seed: 2));
        AssertVectors("bert", Mean, "avg", [up, down, "Normalize"], x => Normalize(Apply(down, v => v, Apply(up, v => v, x))));
    }

    [TestMethod]
    public void Run_NormalizeBeforeDense_NormalizesThere()
    {
        var dense = TestDense.Random(64, 8, "activation.Sigmoid");
        AssertVectors("bert", Cls, "cls", ["Normalize", "Dropout", dense], x => Apply(dense, v => 1 / (1 + Math.Exp(-v)), Normalize(x)));
    }

    [TestMethod]
    [DataRow("activation.ReLU")]
    [DataRow("activation.SiLU")]
    [DataRow("activation.GELU")]
    [DataRow("activation.Sigmoid")]
    public void Run_OtherActivations_AreTorchs(string activation)
    {
        var dense = TestDense.Random(64, 16, activation);
        AssertVectors("bert", Mean, "avg", [dense], x => Apply(dense, v => activation switch
        {
            "activation.ReLU" => Math.Max(0, v),
            "activation.SiLU" => v / (1 + Math.Exp(-v)),
            "activation.GELU" => v * 0.5 * (1 + Erf(v / Math.Sqrt(2))),
            _ => 1 / (1 + Math.Exp(-v)),
        }, x));
    }

    [TestMethod]
    public void Run_Residual_AddsWhatCameIn()
    {
        var dense = TestDense.Random(64, 64, "activation.Tanh", bias: false);
        using var folder = new TemporaryFolder();
        var checkpoint = Checkpoint(folder, "bert", Mean, [dense]);
        TestFolders.Edit(Path.Combine(checkpoint, "2_Dense", "config.json"), c => c["use_residual"] = true);
        AssertVectors(folder, checkpoint, "bert", "avg", x => [.. Apply(dense, Math.Tanh, x).Zip(x, (a, b) => a + b)]);
    }

    /// <summary>The Dense stays in float32, whatever the encoder is stored in.</summary>
    [TestMethod]
    [DataRow(ExportPrecision.Int8W)]
    [DataRow(ExportPrecision.Fp16)]
    public void Run_SmallerPrecision_GivesNearlyTheSameVectors(ExportPrecision precision)
    {
        var dense = TestDense.Random(64, 64);
        using var folder = new TemporaryFolder();
        var checkpoint = Checkpoint(folder, "bert", Mean, [dense, "Normalize"]);
        var (expected, rows) = Expected("bert", "avg", x => Normalize(Apply(dense, Math.Tanh, x)));
        ModelExporter.Export(checkpoint, folder.File("out"), new ExportOptions { Precision = precision });
        using var run = new EncoderGraphRun(folder.File("out"));

        var vectors = run.Run(rows).Chunk(64).ToArray();

        for (var row = 0; row < rows.Count; row++)
            Assert.IsGreaterThan(0.999, expected[row].Zip(vectors[row], (a, b) => a * b).Sum());
    }

    [TestMethod]
    public async Task Embed_DecoderWithADense_ReadsItToo()
    {
        var dense = TestDense.Random(64, 24);
        using var folder = new TemporaryFolder();
        var checkpoint = Repository.Data("models", "llama31").CopyTo(folder, "checkpoint");
        ModelExporter.Export(checkpoint, folder.File("plain"), new ExportOptions { Pooling = EmbeddingPooling.Last });
        SentenceTransformersFiles.Write(checkpoint, """{"pooling_mode":"lasttoken"}""", dense);
        ModelExporter.Export(checkpoint, folder.File("dense"), new ExportOptions { Pooling = EmbeddingPooling.Last });
        using var plain = TextEmbedder.Load(folder.File("plain"));
        using var embedder = TextEmbedder.Load(folder.File("dense"));

        var before = await plain.EmbedAsync(["The cook buys books."]);
        var after = await embedder.EmbedAsync(["The cook buys books."]);

        AssertClose(Apply(dense, Math.Tanh, [.. before[0].ToArray().Select(v => (double)v)]), after[0]);
        Assert.AreEqual(24, embedder.Dimension);
        Assert.AreNotEqual(plain.Fingerprint, embedder.Fingerprint);
    }

    private static void AssertVectors(string model, string pooling, string recorded, object[] modules, Func<double[], double[]> expected)
    {
        using var folder = new TemporaryFolder();
        AssertVectors(folder, Checkpoint(folder, model, pooling, modules), model, recorded, expected);
    }

    private static void AssertVectors(
        TemporaryFolder folder, string checkpoint, string model, string recorded, Func<double[], double[]> apply)
    {
        var encoder = ModelExporter.Export(checkpoint, folder.File("out")).Encoder!;
        var (expected, rows) = Expected(model, recorded, apply);
        foreach (var file in (string[])["model.onnx", "model.hidden.onnx"])
        {
            using var run = new EncoderGraphRun(folder.File("out"), file);
            var vectors = run.Run(rows).Chunk(encoder.Dimension).ToArray();
            Assert.HasCount(expected.Length, vectors);
            for (var row = 0; row < expected.Length; row++)
                AssertClose(expected[row], vectors[row]);
        }
    }

    private static (double[][] Vectors, RecordedRows Rows) Expected(string model, string recorded, Func<double[], double[]> apply)
    {
        var path = Repository.Data("models", model, "expected.safetensors");
        using var file = SafetensorsFile.Open(path);
        return ([.. file.ReadFloat32("pool." + recorded).Chunk(64).Select(row => apply([.. row.Select(v => (double)v)]))],
            RecordedRows.Read(path));
    }

    private static string Checkpoint(TemporaryFolder folder, string model, string pooling, object[] modules)
    {
        var checkpoint = Repository.Data("models", model).CopyTo(folder, "checkpoint");
        SentenceTransformersFiles.Write(checkpoint, pooling, modules);
        return checkpoint;
    }

    private static double[] Apply(TestDense dense, Func<double, double> activation, double[] x) =>
        [.. ReferenceDecoder.Multiply([x], dense.Weight)[0].Select((v, i) => activation(v + (dense.Bias?[i] ?? 0)))];

    private static double[] Normalize(double[] x)
    {
        var length = Math.Sqrt(x.Sum(v => v * v));
        return [.. x.Select(v => v / length)];
    }

    /// <summary>Its Taylor series, which converges everywhere.</summary>
    private static double Erf(double x)
    {
        var (term, sum) = (x, x);
        for (var n = 1; n < 200; n++)
        {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }
        return 2 / Math.Sqrt(Math.PI) * sum;
    }

    private static void AssertClose(double[] expected, ReadOnlySpan<float> actual)
    {
        Assert.AreEqual(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.AreEqual(expected[i], actual[i], 1e-4, $"number {i}");
    }
}
