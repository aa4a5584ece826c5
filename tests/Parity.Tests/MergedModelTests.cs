
namespace XlLoraOnnx.Parity.Tests;

/// <summary>An adapter that was folded into the base gives what base and adapter gave in transformers and peft.</summary>
[TestClass]
public sealed class MergedModelTests
{
    [TestMethod]
    [DataRow("gemma3-text", "patterns", 1e-4)]
    [DataRow("gemma3-text", "qv-r4-rslora", 1e-4)]
    [DataRow("gemma3-multimodal", "all-linear-with-vision", 1e-4)]
    [DataRow("llama31", "all-linear-r8", 2e-4)]
    public void Export_MergedAdapter_EqualsTheAdapterMounted(string model, string adapter, double tolerance)
    {
        using var folder = new TemporaryFolder();
        var output = Merge(folder, model, adapter);

        var report = ParityVerifier.Verify(
            output, Repository.Data("models", "adapters", model, adapter, "expected.safetensors"),
            new ParityOptions { Tolerance = tolerance });

        Assert.IsTrue(report.Passed, string.Join('\n', report.Tensors));
        Assert.IsEmpty(ModelInfo.Read(output).Adapters);
    }

    [TestMethod]
    public void Export_MergedAdapter_IsABaseOfItsOwn()
    {
        using var folder = new TemporaryFolder();

        var merged = ModelInfo.Read(Merge(folder, "gemma3-text", "patterns")).BaseFingerprint;

        Assert.AreNotEqual(ModelInfo.Read(ExportedModels.Golden("gemma3-text")).BaseFingerprint, merged);
    }

    [TestMethod]
    public void Export_MergeOfAnAdapterThatIsNotGiven_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var options = new ExportOptions { Merge = "pos" };

        var e = Assert.ThrowsExactly<ArgumentException>(
            () => ModelExporter.Export(Repository.Data("models", "gemma3-text"), folder.File("out"), options));

        StringAssert.Contains(e.Message, "--adapter pos=DIR");
    }

    private static string Merge(TemporaryFolder folder, string model, string adapter)
    {
        var options = new ExportOptions
        {
            Adapters = new Dictionary<string, string> { ["a"] = Repository.Data("models", "adapters", model, adapter) },
            Merge = "a",
        };
        return ModelExporter.Export(Repository.Data("models", model), folder.File("out"), options).Folder;
    }
}
