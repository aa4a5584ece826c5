using System.Text.Json.Nodes;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>Logits and greedy paths that transformers and peft recorded, for every model and every adapter in tests/Data.</summary>
[TestClass]
public sealed class GoldenModelTests
{
    public static IEnumerable<object?[]> Recorded()
    {
        foreach (var model in new[] { "gemma2", "gemma3-text", "gemma3-text-ropescaled", "gemma3-multimodal", "llama31", "llama32-tied" })
        {
            yield return [model, null];
            foreach (var adapter in ExportedModels.AdaptersOf(model).Where(a => File.Exists(Reference(model, a))))
                yield return [model, adapter];
        }
    }

    [TestMethod]
    [DynamicData(nameof(Recorded))]
    public void Verify_RecordedModel_IsWithinTheTolerance(string model, string? adapter)
    {
        // logits of the Llamas are three times as large
        var tolerance = model.StartsWith("llama", StringComparison.Ordinal) ? 2e-4 : 1e-4;
        var options = new ParityOptions { Adapter = adapter, Tolerance = tolerance };

        var report = ParityVerifier.Verify(ExportedModels.Golden(model), Reference(model, adapter), options);

        Assert.IsTrue(report.Passed, string.Join('\n', report.Tensors));
        Assert.IsLessThanOrEqualTo(tolerance, report.MaxAbsDiff);
        Assert.IsGreaterThan(80, report.GreedyCompared, "nearly all of the 4 × 24 recorded tokens have a margin that decides");
        Assert.AreEqual(report.GreedyCompared, report.GreedyEqual);
        Assert.AreEqual(4, report.Tensors.Count(t => t.Name.EndsWith("(batch)", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Verify_LlamaWithoutAPadToken_PadsWithItsStopTokenAndIsWithinTheTolerance()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Directory.CreateDirectory(folder.File("checkpoint")).FullName;
        foreach (var file in Directory.EnumerateFiles(Repository.Data("models", "llama31")))
            File.Copy(file, Path.Combine(checkpoint, Path.GetFileName(file)));
        foreach (var name in (string[])["config.json", "generation_config.json"])
        {
            var path = Path.Combine(checkpoint, name);
            var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
            json.Remove("pad_token_id");
            File.WriteAllText(path, json.ToJsonString());
        }
        ModelExporter.Export(checkpoint, folder.File("model"));

        var report = ParityVerifier.Verify(folder.File("model"), Reference("llama31", null), new ParityOptions { Tolerance = 2e-4 });

        Assert.AreEqual(2004, ModelManifest.Read(folder.File("model")).Decoder!.Tokens.PadTokenId);
        Assert.IsTrue(report.Passed, string.Join('\n', report.Tensors));
        Assert.AreEqual(4, report.Tensors.Count(t => t.Name.EndsWith("(batch)", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Verify_ReferenceOfAnAdapterAgainstTheBase_Fails()
    {
        var report = ParityVerifier.Verify(ExportedModels.Golden("gemma3-text"), Reference("gemma3-text", "all-linear-r8"));

        Assert.IsFalse(report.Passed);
        Assert.IsGreaterThan(0.1, report.MaxAbsDiff);
    }

    [TestMethod]
    public void Verify_ToleranceOfZero_Fails()
    {
        var options = new ParityOptions { Tolerance = 0 };

        Assert.IsFalse(ParityVerifier.Verify(ExportedModels.Golden("gemma3-text"), Reference("gemma3-text", null), options).Passed);
    }

    [TestMethod]
    [DataRow("base", null)]
    [DataRow("pos", "pos")]
    [DataRow("neg", "neg")]
    public void Verify_DemonstrationModel_IsWithinTheTolerance(string recorded, string? adapter)
    {
        var options = new ParityOptions { Adapter = adapter };

        var report = ParityVerifier.Verify(ExportedModels.Demo, Repository.Demo(recorded, "expected.safetensors"), options);

        Assert.IsTrue(report.Passed, string.Join('\n', report.Tensors));
    }

    private static string Reference(string model, string? adapter) => adapter is null
        ? Repository.Data("models", model, "expected.safetensors")
        : Repository.Data("models", "adapters", model, adapter, "expected.safetensors");
}
