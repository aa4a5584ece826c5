using System.Text.Json.Nodes;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>The adapter of a run of FLARE alone: what a run is exported to, it is exported to as well.</summary>
[TestClass]
public sealed class FlareFolderRoundTripTests
{
    [TestMethod]
    [DataRow("add_relu", "task")]
    [DataRow("matmul_relu", "task")]
    [DataRow("cross-attention", "task")]
    [DataRow("task", null)]
    [DataRow("qa", "qa-task")]
    [DataRow("qa-task", null)]
    public void Export_AdapterAlone_GivesTheFilesOfItsRun(string run, string? taskRun)
    {
        using var folder = new TemporaryFolder();
        var alone = folder.File("alone");
        var options = Options(taskRun);
        var report = ModelExporter.Export(FlareExports.Run(run, folder), folder.File("of-run"),
            new ExportOptions { Flare = options with { AdapterFolder = alone } });

        ModelExporter.Export(alone, folder.File("of-adapter"), new ExportOptions { Flare = options });

        AssertSameFiles(folder.File("of-run"), folder.File("of-adapter"), "*.onnx", "*.data", "adapters/*.onnx_adapter");
        var (first, second) = (ModelManifest.Read(folder.File("of-run")), ModelManifest.Read(folder.File("of-adapter")));
        Assert.AreEqual(first.Flare, second.Flare);
        Assert.AreEqual(first.BaseFingerprint, second.BaseFingerprint);
        Assert.AreEqual(first.Adapters.Single().Value.Flare, second.Adapters.Single().Value.Flare);
        Assert.AreEqual(first.BaseFingerprint, report.FlareAdapter!.BaseFingerprint);
        Assert.IsEmpty(report.FlareAdapter.OwnWeights);
    }

    [TestMethod]
    public void ExportAdapter_WithoutAModelFolder_WritesTheSame()
    {
        using var folder = new TemporaryFolder();
        var run = FlareExports.Run("cross-attention", folder);
        var options = Options("task");
        ModelExporter.Export(run, folder.File("model"), new ExportOptions { Flare = options with { AdapterFolder = folder.File("beside") } });

        var report = FlareExporter.ExportAdapter(run, options with { AdapterFolder = folder.File("alone") });

        AssertSameFiles(folder.File("beside"), folder.File("alone"), "*");
        Assert.AreEqual(("flare-cross-attention", ModelManifest.Read(folder.File("model")).BaseFingerprint),
            (report.Adapter, report.BaseFingerprint));
        Assert.AreEqual(Directory.EnumerateFiles(folder.File("alone")).Sum(f => new FileInfo(f).Length), report.BytesWritten);
    }

    [TestMethod]
    public void ExportAdapter_CompleteRun_NeedsNothingElse()
    {
        using var folder = new TemporaryFolder();
        var run = FlareExports.Complete("add_relu", folder);

        FlareExporter.ExportAdapter(run, new FlareOptions { AdapterFolder = folder.File("alone") });

        // it records the merged weights; base and task's run merged anew are another way to the same
        var report = ModelExporter.Export(folder.File("alone"), folder.File("merged"), new ExportOptions { Flare = Options("task") });
        Assert.IsTrue(report.Notices.Any(n => n.Contains("merged weights", StringComparison.Ordinal)), string.Join('\n', report.Notices));
        Assert.IsTrue(ParityVerifier.Verify(folder.File("merged"), FlareExports.Recorded("add_relu", "expected.safetensors")).Passed);
        var error = Assert.ThrowsExactly<InvalidDataException>(
            () => ModelExporter.Export(folder.File("alone"), folder.File("none"), new ExportOptions { Flare = Options(null) }));
        StringAssert.Contains(error.Message, "--task-run");
        Assert.IsFalse(Directory.Exists(folder.File("none")));
    }

    [TestMethod]
    public void ExportAdapter_RunThatTrainedTheModelToo_KeepsWhatIsItsOwn()
    {
        using var folder = new TemporaryFolder();
        var trained = FlareExports.Complete("add_relu", folder);
        var own = "encoder.model.roberta.embeddings.LayerNorm.weight";
        TorchPickleBuilder builder = new();
        using (var file = TorchFile.Open(Path.Combine(trained, "pytorch_model.bin")))
        {
            foreach (var tensor in file.Tensors.Values)
            {
                var bytes = file.ReadBytes(tensor);
                if (tensor.Name == own)
                    BitConverter.TryWriteBytes(bytes, 0.5f);
                builder.Add(tensor.Name, tensor.DType, [.. tensor.Shape], bytes);
            }
        }
        builder.Save(Path.Combine(trained, "pytorch_model.bin"));

        var report = FlareExporter.ExportAdapter(trained, Options("task") with { AdapterFolder = folder.File("alone") });

        CollectionAssert.AreEqual(new[] { "roberta.embeddings.LayerNorm.weight" }, report.OwnWeights.ToArray());
        using var weights = SafetensorsFile.Open(folder.File("alone/adapter_model.safetensors"));
        Assert.AreEqual(0.5f, weights.ReadFloat32("base_model.model.roberta.embeddings.LayerNorm.weight")[0]);
        ModelExporter.Export(trained, folder.File("of-run"), new ExportOptions { Flare = Options(null) });
        ModelExporter.Export(folder.File("alone"), folder.File("of-adapter"), new ExportOptions { Flare = Options("task") });
        AssertSameFiles(folder.File("of-run"), folder.File("of-adapter"), "*.onnx");
    }

    [TestMethod]
    public void Export_AdapterWithoutWhatItWentOnFrom_IsOneMessage()
    {
        using var folder = new TemporaryFolder();
        var alone = folder.File("alone");
        FlareExporter.ExportAdapter(FlareExports.Run("add_relu", folder), Options("task") with { AdapterFolder = alone });

        StringAssert.Contains(Refusal<ArgumentException>(() => ModelExporter.Export(alone, folder.File("m"))), "--base");
        StringAssert.Contains(Refusal<ArgumentException>(() => Export(alone, Options(null))), "--task-run");
        StringAssert.Contains(Refusal<ArgumentException>(() => Export(alone, Options("qa-task"))), "went on from");
        StringAssert.Contains(Refusal<ArgumentException>(() => Export(alone, Options("task") with { Alpha = 3 })), "--lora-alpha");
        StringAssert.Contains(Refusal<IOException>(() => Export(alone, Options("task") with { AdapterFolder = alone })), "not empty");
        StringAssert.Contains(Refusal<ArgumentException>(
            () => Export(FlareExports.Complete("add_relu", folder), new FlareOptions())), "--base");
        Edit(Path.Combine(alone, "flare_config.json"), config => config["base_fingerprint"] = "sha256:" + new string('0', 64));
        StringAssert.Contains(Refusal<InvalidDataException>(() => Export(alone, Options("task"))), "sha256:000");
        Assert.IsFalse(Directory.Exists(folder.File("m")));

        void Export(string source, FlareOptions options) =>
            ModelExporter.Export(source, folder.File("m"), new ExportOptions { Flare = options });
    }

    internal static FlareOptions Options(string? taskRun) =>
        new() { BaseFolder = FlareExports.Base, TaskRunFolder = taskRun is null ? null : FlareExports.Recorded(taskRun) };

    internal static string Refusal<T>(Action export)
        where T : Exception => Assert.ThrowsExactly<T>(export).Message;

    internal static void Edit(string path, Action<JsonObject> edit)
    {
        var json = (JsonObject)JsonNode.Parse(File.ReadAllText(path))!;
        edit(json);
        File.WriteAllText(path, json.ToJsonString());
    }

    private static void AssertSameFiles(string first, string second, params string[] patterns)
    {
        foreach (var pattern in patterns)
        {
            var names = Directory.EnumerateFiles(first, pattern).Select(f => Path.GetRelativePath(first, f)).ToArray();
            Assert.IsNotEmpty(names, pattern);
            CollectionAssert.AreEquivalent(names,
                Directory.EnumerateFiles(second, pattern).Select(f => Path.GetRelativePath(second, f)).ToArray());
            foreach (var name in names)
                CollectionAssert.AreEqual(File.ReadAllBytes(Path.Combine(first, name)), File.ReadAllBytes(Path.Combine(second, name)), name);
        }
    }
}
