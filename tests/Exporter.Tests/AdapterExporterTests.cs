using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class AdapterExporterTests
{
    [TestMethod]
    [DataRow("gemma3-text")]
    [DataRow("gemma3-text-ropescaled")]
    [DataRow("gemma3-multimodal")]
    public void Export_EveryReferenceAdapter_IsAcceptedWithFullCoverage(string model)
    {
        using var folder = new TemporaryFolder();
        var exported = folder.Export(model);
        foreach (var peft in Directory.EnumerateDirectories(Repository.Data("models", "adapters", model)))
        {
            var report = AdapterExporter.Export(peft, exported, Path.GetFileName(peft));

            using var source = SafetensorsFile.Open(Path.Combine(peft, "adapter_model.safetensors"));
            CollectionAssert.AreEqual(source.Tensors.Keys.ToArray(), report.Coverage.Select(c => c.Tensor).ToArray(), peft);
            Assert.IsTrue(report.Coverage.All(c => c.Status == CoverageStatus.Matched || c.Tensor.Contains("vision")), peft);
            Assert.AreEqual(2 * report.Modules, report.Coverage.Count(c => c.Status == CoverageStatus.Matched), peft);
        }
    }

    [TestMethod]
    public void Export_AdapterOfTheMultimodalClass_DropsVisionTensorsWithAReason()
    {
        using var folder = new TemporaryFolder();

        var report = AdapterExporter.Export(
            Repository.Data("models", "adapters", "gemma3-multimodal", "all-linear-with-vision"), folder.Export("gemma3-multimodal"), "a");

        var dropped = report.Coverage.Where(c => c.Status == CoverageStatus.Dropped).ToArray();
        Assert.AreEqual((42, 114 - 84), (report.Modules, dropped.Length));
        Assert.IsTrue(dropped.All(c => c.Tensor.Contains("vision_tower") && c.Reason!.Contains("vision part")));
    }

    [TestMethod]
    public void Export_Patterns_FoldsTheScaleOfEachModuleIntoB()
    {
        using var folder = new TemporaryFolder();
        var peft = Repository.Data("models", "adapters", "gemma3-text", "patterns");
        var exported = folder.Export("gemma3-text");

        var report = AdapterExporter.Export(peft, exported, "patterns");

        Assert.AreEqual((2, 8, 8f, false), (report.MinRank, report.MaxRank, report.LoraAlpha, report.UseRslora));
        var file = OnnxAdapterFile.Read(Path.Combine(exported, report.File));
        using var source = SafetensorsFile.Open(Path.Combine(peft, "adapter_model.safetensors"));
        foreach (var (module, rank, alpha) in (IEnumerable<(string, int, float)>)
            [("layers.0.self_attn.q_proj", 8, 8), ("layers.1.mlp.up_proj", 2, 8), ("layers.1.mlp.down_proj", 4, 3)])
        {
            CollectionAssert.AreEqual(Transposed(source, $"base_model.model.model.{module}.lora_A.weight", 1),
                Floats(file, $"model.{module}.lora_A.weight"), module);
            CollectionAssert.AreEqual(Transposed(source, $"base_model.model.model.{module}.lora_B.weight", alpha / rank),
                Floats(file, $"model.{module}.lora_B.weight"), module);
        }
    }

    [TestMethod]
    public void Export_Adapter_IsEnteredInTheManifestAndBoundToItsBase()
    {
        using var folder = new TemporaryFolder();
        var exported = folder.Export("gemma3-text");

        AdapterExporter.Export(Repository.Data("models", "adapters", "gemma3-text", "odd-r1"), exported, "one");
        AdapterExporter.Export(Repository.Data("models", "adapters", "gemma3-text", "qv-r4-rslora"), exported, "two");

        var manifest = ModelManifest.Read(exported);
        CollectionAssert.AreEqual((string[])["one", "two"], manifest.Adapters.Keys.ToArray());
        foreach (var (name, entry) in manifest.Adapters)
        {
            var path = Path.Combine(exported, "adapters", name + ".onnx_adapter");
            Assert.AreEqual($"adapters/{name}.onnx_adapter", entry.File);
            Assert.AreEqual(new FileInfo(path).Length, entry.Bytes);
            Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))), entry.Sha256);
            Assert.AreEqual(manifest.BaseFingerprint, entry.BaseFingerprint);
            Assert.AreEqual(BaseFingerprints.ModelVersion(manifest.BaseFingerprint), OnnxAdapterFile.Read(path).ModelVersion);
        }
        Assert.IsTrue(manifest.Adapters["two"].UseRslora);
    }

    [TestMethod]
    public void Export_SameNameAgain_ReplacesTheAdapterAndKeepsTheOrder()
    {
        using var folder = new TemporaryFolder();
        var exported = folder.Export("gemma3-text");
        AdapterExporter.Export(Repository.Data("models", "adapters", "gemma3-text", "odd-r1"), exported, "a");

        AdapterExporter.Export(Repository.Data("models", "adapters", "gemma3-text", "all-linear-r8"), exported, "a");

        Assert.AreEqual(8, ModelManifest.Read(exported).Adapters["a"].MaxRank);
        CollectionAssert.AreEqual((string[])["a.onnx_adapter"],
            Directory.EnumerateFiles(Path.Combine(exported, "adapters")).Select(Path.GetFileName).ToArray());
    }

    [TestMethod]
    public void Export_RefusedAdapter_LeavesTheModelAsItWas()
    {
        using var folder = new TemporaryFolder();
        var exported = folder.Export("gemma3-text");
        var before = File.ReadAllText(Path.Combine(exported, "xllora.json"));

        Assert.ThrowsExactly<AdapterRefusedException>(() =>
            AdapterExporter.Export(Repository.Data("models", "refused", "gemma3-text", "dora"), exported, "a"));

        Assert.AreEqual(before, File.ReadAllText(Path.Combine(exported, "xllora.json")));
        Assert.IsFalse(Directory.Exists(Path.Combine(exported, "adapters")));
    }

    [TestMethod]
    public void Export_Cancelled_LeavesNoFile()
    {
        using var folder = new TemporaryFolder();
        var exported = folder.Export("gemma3-text");

        Assert.ThrowsExactly<OperationCanceledException>(() => AdapterExporter.Export(
            Repository.Data("models", "adapters", "gemma3-text", "odd-r1"), exported, "a", new CancellationToken(canceled: true)));

        Assert.IsEmpty(Directory.EnumerateFileSystemEntries(Path.Combine(exported, "adapters")));
        Assert.IsEmpty(ModelManifest.Read(exported).Adapters);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow(".hidden")]
    [DataRow("..")]
    [DataRow("a/b")]
    [DataRow("a b")]
    [DataRow("é")]
    [DataRow("none")]
    [DataRow("NONE")]
    public void Export_BadName_IsRefused(string name)
    {
        using var folder = new TemporaryFolder();

        Assert.ThrowsExactly<ArgumentException>(() => AdapterExporter.Export(folder.Path, folder.Path, name));
    }

    [TestMethod]
    public void Export_NameThatDiffersInCaseAlone_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var exported = folder.Export("gemma3-text");
        var peft = Repository.Data("models", "adapters", "gemma3-text", "odd-r1");
        AdapterExporter.Export(peft, exported, "pos");

        Assert.ThrowsExactly<ArgumentException>(() => AdapterExporter.Export(peft, exported, "Pos"));
    }

    private static float[] Floats(OnnxAdapterFile file, string name) =>
        MemoryMarshal.Cast<byte, float>(file.ReadBytes(file.Parameters.Single(p => p.Name == name))).ToArray();

    private static float[] Transposed(SafetensorsFile file, string name, float scale)
    {
        var (values, shape) = (file.ReadFloat32(name), file.Tensors[name].Shape);
        var (rows, columns) = ((int)shape[0], (int)shape[1]);
        return [.. Enumerable.Range(0, values.Length).Select(i => values[i % rows * columns + i / rows] * scale)];
    }
}
