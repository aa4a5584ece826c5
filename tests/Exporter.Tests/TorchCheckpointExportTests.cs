namespace XlLoraOnnx.Exporter.Tests;

/// <summary>The same weights as safetensors and as torch.save writes them.</summary>
[TestClass]
public sealed class TorchCheckpointExportTests
{
    private const string Table = "model.shared.weight";

    private static readonly (string, string)[] Ties =
    [
        ("model.encoder.embed_tokens.weight", Table), ("model.decoder.embed_tokens.weight", Table), ("lm_head.weight", Table),
    ];

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Export_NllbAsPickle_GivesTheBytesOfSafetensors(bool sharded)
    {
        using var folder = new TemporaryFolder();
        var (safetensors, pickle) = (NllbCheckpoint.Write(folder.File("a")), NllbCheckpoint.Write(folder.File("b")));
        if (sharded)
            TorchCheckpoint.ReplaceByShards(pickle, name => name.StartsWith("model.decoder", StringComparison.Ordinal), Ties);
        else
            TorchCheckpoint.Replace(Path.Combine(pickle, "model.safetensors"), Path.Combine(pickle, "pytorch_model.bin"), Ties);

        var expected = ModelExporter.Export(safetensors, folder.File("out-a"));
        var plan = ModelExporter.Plan(pickle, folder.File("out-b"));
        var report = ModelExporter.Export(pickle, folder.File("out-b"));

        CollectionAssert.AreEqual(Data(folder, "out-a"), Data(folder, "out-b"));
        Assert.AreEqual(expected.BaseFingerprint, report.BaseFingerprint);
        Assert.AreEqual(3, report.Coverage.Count(c => c.Reason?.StartsWith("tied", StringComparison.Ordinal) == true));
        foreach (var notices in new[] { plan.Notices, report.Notices })
            StringAssert.Contains(string.Join('\n', notices), "a pickle of torch. It was read as tensors alone; nothing in it was run.");
        Assert.IsFalse(expected.Notices.Any(n => n.Contains("pickle", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Export_EncoderAsPickleWithPositionIds_GivesTheBytesOfSafetensors()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Repository.Data("models", "bert").CopyTo(folder, "bert");
        ModelExporter.Export(checkpoint, folder.File("out-a"), new ExportOptions { Pooling = EmbeddingPooling.Mean });
        var builder = TorchCheckpoint.Read(Path.Combine(checkpoint, "model.safetensors"), _ => true);
        if (!HasPositionIds(checkpoint))
            builder.Add("embeddings.position_ids", "I64", [1, 512], new byte[4096]);
        File.Delete(Path.Combine(checkpoint, "model.safetensors"));
        builder.Save(Path.Combine(checkpoint, "pytorch_model.bin"));

        ModelExporter.Export(checkpoint, folder.File("out-b"), new ExportOptions { Pooling = EmbeddingPooling.Mean });

        CollectionAssert.AreEqual(Data(folder, "out-a"), Data(folder, "out-b"));
    }

    [TestMethod]
    public void Export_AdapterAsPickle_GivesTheFileOfSafetensors()
    {
        using var folder = new TemporaryFolder();
        var micro = Repository.Data("official", "gemma3-micro", "checkpoint");
        var (a, b) = (Repository.Data("official", "gemma3-micro", "adapter"), Repository.Data("official", "gemma3-micro", "adapter")
            .CopyTo(folder, "pickled"));
        TorchCheckpoint.Replace(Path.Combine(b, PeftAdapter.WeightsFile), Path.Combine(b, PeftAdapter.PickleFile));

        var report = ModelExporter.Export(micro, folder.File("out"),
            new ExportOptions { Adapters = new Dictionary<string, string> { ["a"] = a, ["b"] = b } });

        Assert.AreEqual(report.Adapters["a"].Modules, report.Adapters["b"].Modules);
        CollectionAssert.AreEqual(
            File.ReadAllBytes(folder.File("out/adapters/a.onnx_adapter")), File.ReadAllBytes(folder.File("out/adapters/b.onnx_adapter")));
        StringAssert.Contains(string.Join('\n', report.Notices), "b: its weights come from adapter_model.bin");
        Assert.HasCount(0, Inspector.Inspect(b).Refusals);
    }

    [TestMethod]
    public void Plan_WrongShape_NamesFileAndTensor()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = NllbCheckpoint.Write(folder.File("a"));
        TorchCheckpoint.Read(Path.Combine(checkpoint, "model.safetensors"), name => name != "model.encoder.layer_norm.bias")
            .AddFloats("model.encoder.layer_norm.bias", 3).Save(Path.Combine(checkpoint, "pytorch_model.bin"));
        File.Delete(Path.Combine(checkpoint, "model.safetensors"));

        var error = Assert.ThrowsExactly<InvalidDataException>(() => ModelExporter.Export(checkpoint, folder.File("out")));

        StringAssert.Contains(error.Message, "pytorch_model.bin': tensor 'model.encoder.layer_norm.bias' has shape [3]");
    }

    [TestMethod]
    public void Inspect_PickledCheckpoint_ListsItsTensorsAndSaysThatNothingRuns()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = NllbCheckpoint.Write(folder.File("a"));
        TorchCheckpoint.Replace(Path.Combine(checkpoint, "model.safetensors"), Path.Combine(checkpoint, "pytorch_model.bin"), Ties);

        var inspection = Inspector.Inspect(checkpoint);
        var findings = Inspector.CheckUntrusted(checkpoint);

        CollectionAssert.Contains(inspection.Tensors.Select(t => t.Name).ToArray(), "lm_head.weight");
        Assert.AreEqual("m2m_100", inspection.Facts["family"]);
        StringAssert.Contains(inspection.Facts["weights"], "nothing in it is run");
        Assert.AreEqual(FindingLevel.Note, findings.Single(f => f.File == "pytorch_model.bin").Level);
    }

    private static bool HasPositionIds(string checkpoint)
    {
        using var file = SafetensorsFile.Open(Path.Combine(checkpoint, "model.safetensors"));
        return file.Tensors.Keys.Any(n => n.EndsWith("position_ids", StringComparison.Ordinal));
    }

    private static byte[] Data(TemporaryFolder folder, string model) => File.ReadAllBytes(folder.File($"{model}/model.onnx.data"));
}
