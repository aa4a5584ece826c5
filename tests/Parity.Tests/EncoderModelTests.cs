
namespace XlLoraOnnx.Parity.Tests;

/// <summary>Hidden states, poolings and vectors that transformers recorded, for every encoder in tests/Data.</summary>
[TestClass]
public sealed class EncoderModelTests
{
    private const double Tolerance = 2e-4;

    [TestMethod]
    [DataRow("xlm-roberta", 2)]
    [DataRow("bert", 1)]
    [DataRow("modernbert", 1)]
    public void Verify_RecordedEncoder_EveryStateAndPoolingIsWithinTheTolerance(string model, int states)
    {
        using var folder = new TemporaryFolder();

        var report = Verify(Export(folder, model, new ExportOptions()), model);

        Assert.IsTrue(report.Passed, string.Join('\n', report.Tensors));
        Assert.AreEqual(Tolerance, report.Tolerance);
        Assert.HasCount(states + 1 + 5 + 2, report.Tensors);
        Assert.AreEqual(states, report.Tensors.Count(t => t.Name.StartsWith("hidden_states.", StringComparison.Ordinal)));
        Assert.IsTrue(report.Tensors.All(t => t.LeastCosine is null or > 0.9999999));
    }

    [TestMethod]
    [DataRow("xlm-roberta", EmbeddingPooling.AvgFirstLast, false)]
    [DataRow("xlm-roberta", EmbeddingPooling.AvgTop2, true)]
    [DataRow("bert", EmbeddingPooling.Cls, true)]
    [DataRow("bert", EmbeddingPooling.Max, false)]
    [DataRow("modernbert", EmbeddingPooling.AvgFirstLast, true)]
    [DataRow("modernbert", EmbeddingPooling.Mean, true)]
    public void Verify_VectorOfEveryPooling_IsTheRecordedOneInABatchAndAlone(string model, EmbeddingPooling pooling, bool normalize)
    {
        using var folder = new TemporaryFolder();

        var report = Verify(Export(folder, model, new ExportOptions { Pooling = pooling, Normalize = normalize }), model);

        Assert.IsTrue(report.Passed, string.Join('\n', report.Tensors));
        string[] vectors = ["sentence_embedding (batch)", "sentence_embedding"];
        CollectionAssert.IsSubsetOf(vectors, report.Tensors.Select(t => t.Name).ToArray());
    }

    [TestMethod]
    [DataRow("xlm-roberta")]
    [DataRow("bert")]
    [DataRow("modernbert")]
    public void Verify_ReferenceOfOtherWeights_Fails(string model)
    {
        using var folder = new TemporaryFolder();
        var output = Export(folder, model, new ExportOptions { Precision = ExportPrecision.Int4 });

        var report = Verify(output, model);

        Assert.IsFalse(report.Passed);
        Assert.IsGreaterThan(0.01, report.MaxAbsDiff);
    }

    [TestMethod]
    [DataRow("xlm-roberta")]
    [DataRow("bert")]
    [DataRow("modernbert")]
    public void Run_RowsInAnyOrder_GiveTheSameVectors(string model)
    {
        using var folder = new TemporaryFolder();
        var output = Export(folder, model, new ExportOptions());
        var rows = RecordedRows.Read(Reference(model));
        using var run = new EncoderGraphRun(output);

        var straight = run.Run(rows);
        var turned = run.Run(rows.Reversed());

        for (var row = 0; row < rows.Count; row++)
            AssertEqual(straight.AsSpan(row * 64, 64), turned.AsSpan((rows.Count - 1 - row) * 64, 64), 1e-5);
    }

    /// <summary>RoBERTa counts positions by the ids, so that a pad token within a text has none, whatever the mask says.</summary>
    [TestMethod]
    public void Run_PadTokenWithinAText_HasThePositionOfPadding()
    {
        using var folder = new TemporaryFolder();
        var output = Export(folder, "xlm-roberta", new ExportOptions());
        using var run = new EncoderGraphRun(output, "model.hidden.onnx");
        const string States = "last_hidden_state";

        var with = run.Run(RecordedRows.One(0, 40, 1, 41, 2) with { Mask = [1, 1, 0, 1, 1] }, States);
        var without = run.Run(RecordedRows.One(0, 40, 41, 2), States);

        AssertEqual(without.AsSpan(128, 128), with.AsSpan(192, 128), 1e-5);
    }

    /// <summary>Untrained weights of width 64 lose more in few bits than trained ones do.</summary>
    [TestMethod]
    [DataRow("xlm-roberta", ExportPrecision.Int8, 0.998)]
    [DataRow("bert", ExportPrecision.Int8, 0.999)]
    [DataRow("bert", ExportPrecision.Int8W, 0.999)]
    [DataRow("modernbert", ExportPrecision.Int8, 0.997)]
    [DataRow("xlm-roberta", ExportPrecision.Fp16, 0.99999)]
    [DataRow("bert", ExportPrecision.Fp16, 0.99999)]
    [DataRow("modernbert", ExportPrecision.Fp16, 0.99999)]
    [DataRow("xlm-roberta", ExportPrecision.Int4, 0.85)]
    [DataRow("modernbert", ExportPrecision.Nf4, 0.85)]
    public void Verify_SmallerPrecision_GivesNearlyTheRecordedVectors(string model, ExportPrecision precision, double cosine)
    {
        using var folder = new TemporaryFolder();

        var report = Verify(Export(folder, model, new ExportOptions { Precision = precision }), model);

        var least = report.Tensors.Single(t => t.Name == "sentence_embedding").LeastCosine!.Value;
        Assert.IsGreaterThan(cosine, least);
    }

    [TestMethod]
    public void Verify_TrainedEncoder_IsSoundAndGeneratesNothing()
    {
        using var folder = new TemporaryFolder();
        var output = folder.File("out");
        ModelExporter.Export(Path.Combine(Repository.Root, "onnx-models", "demo-encoder"), output,
            new ExportOptions { Pooling = EmbeddingPooling.AvgFirstLast });

        var checks = FolderVerifier.Verify(output);

        Assert.IsTrue(checks.All(c => c.Outcome == FolderCheckOutcome.Passed), string.Join('\n', checks));
        Assert.AreEqual(2, checks.Count(c => c.Name.StartsWith("graph ", StringComparison.Ordinal)));
        Assert.AreEqual(("avg_first_last", 128, "xlm-roberta"),
            (ModelInfo.Read(output).Encoder!.Pooling, ModelInfo.Read(output).Encoder!.Dimension, ModelInfo.Read(output).Family));
        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => XlLoraModel.Load(output)).Message, "is an encoder");
    }

    [TestMethod]
    public void Verify_ReferenceOfAnotherModel_SaysWhatDoesNotFit()
    {
        using var folder = new TemporaryFolder();
        var output = Export(folder, "xlm-roberta", new ExportOptions());

        var prompts = Assert.ThrowsExactly<InvalidDataException>(() => Verify(output, "gemma3-text"));
        var ids = Assert.ThrowsExactly<InvalidDataException>(() => Verify(output, "modernbert"));

        StringAssert.Contains(prompts.Message, "attention_mask");
        StringAssert.Contains(ids.Message, "input_ids");
    }

    private static string Export(TemporaryFolder folder, string model, ExportOptions options)
    {
        ModelExporter.Export(Repository.Data("models", model), folder.File("out"), options);
        return folder.File("out");
    }

    private static ParityReport Verify(string output, string model) => ParityVerifier.Verify(output, Reference(model));

    private static string Reference(string model) => Repository.Data("models", model, "expected.safetensors");

    private static void AssertEqual(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance)
    {
        Assert.AreEqual(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.AreEqual(expected[i], actual[i], tolerance);
    }
}
