using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>
/// Graphs with 16-bit activations are for CUDA. The CPU runs those in float16 by casting around what it lacks; it has no kernels for
/// bfloat16, so such a graph is checked by its types, and by the same graph in float16.
/// </summary>
[TestClass]
public sealed class HalfPrecisionTests
{
    /// <summary>Some 20 roundings of 2^-11 a layer on logits up to 6.</summary>
    private const double LlamaTolerance = 0.05;

    [TestMethod]
    [DataRow("llama31")]
    [DataRow("llama32-tied")]
    public void Export_LlamaInFloat16_IsNearTheRecordedLogits(string model)
    {
        using var folder = new TemporaryFolder();
        var output = Export(folder, model, ExportPrecision.Fp16);
        var dimensions = ModelManifest.Read(output).Dimensions;
        using var run = new GraphRun(output, dimensions);

        foreach (var prompt in RecordedPrompt.Read(model))
            Assert.IsLessThan(LlamaTolerance, prompt.LargestDifference(run.Logits(prompt.Ids), dimensions.VocabSize));
        foreach (var prompt in RecordedPrompt.Read(model, "all-linear-r8"))
            Assert.IsLessThan(LlamaTolerance,
                prompt.LargestDifference(run.Logits(prompt.Ids, Path.Combine(output, "adapters", "a.onnx_adapter")), dimensions.VocabSize));
    }

    [TestMethod]
    [DataRow(GraphRoles.ContinuousBase)]
    public void Export_ContinuousInSixteenBits_GivesTheLikeliestTokenToo(string role)
    {
        using var folder = new TemporaryFolder();
        var output = Export(folder, "llama32-tied", ExportPrecision.Fp16);
        using var run = new GraphRun(output, ModelManifest.Read(output).Dimensions, role);

        foreach (var prompt in RecordedPrompt.Read("llama32-tied"))
        {
            var logits = run.Logits(prompt.Ids);
            Assert.AreEqual(Array.IndexOf(logits, logits.Max()), run.GreedyToken);
        }
    }

    [TestMethod]
    public void Export_ContinuousInFloat32_LeavesTheLikeliestTokenToTheHost()
    {
        var folder = ExportedModels.Golden("llama32-tied");
        using var run = new GraphRun(folder, ModelManifest.Read(folder).Dimensions, GraphRoles.Continuous);

        _ = run.Logits(RecordedPrompt.Read("llama32-tied")[0].Ids);

        Assert.IsNull(run.GreedyToken);
    }

    /// <summary>
    /// float16 is refused for Gemma because real activations leave its range; those of the tiny models do not, so that it can stand in for
    /// bfloat16: the graph is the same but for the element type.
    /// </summary>
    [TestMethod]
    [DataRow("gemma2")]
    [DataRow("gemma3-text")]
    [DataRow("gemma3-text-ropescaled")]
    public void Plan_GemmaInSixteenBits_IsNearTheRecordedLogits(string model)
    {
        using var folder = new TemporaryFolder();
        var checkpointFolder = Repository.Data("models", model);
        var config = ConfigReader.Open(Path.Combine(checkpointFolder, "config.json"));
        using var checkpoint = CheckpointFiles.Open(checkpointFolder);
        var options = new ExportOptions { Precision = ExportPrecision.Fp16, EmbeddingScale = EmbeddingScaleMode.Exact };
        var plan = ModelFamilies.Find(config, ExportPrecision.Bf16).Plan(
            config, new TextWeights(checkpointFolder, checkpoint), new WeightFormats(options), options);
        Write(plan, folder.Path);
        using var run = new GraphRun(folder.Path, plan.Dimensions);

        foreach (var prompt in RecordedPrompt.Read(model))
            Assert.IsLessThan(0.02, prompt.LargestDifference(run.Logits(prompt.Ids), plan.Dimensions.VocabSize));
    }

    [TestMethod]
    [DataRow("gemma2")]
    [DataRow("gemma3-text")]
    [DataRow("llama31")]
    [DataRow("llama32-tied")]
    public void Export_BFloat16_HasTypesThatFitAndLacksOnlyKernelsOfTheCpu(string model)
    {
        using var folder = new TemporaryFolder();
        var output = Export(folder, model, ExportPrecision.Bf16);

        var manifest = ModelManifest.Read(output);
        Assert.HasCount(5, manifest.Graphs);
        foreach (var role in GraphRoles.All.Where(v => manifest.Graphs.ContainsKey(v)))
        {
            var error = Assert.ThrowsExactly<OnnxRuntimeException>(() => new GraphRun(output, manifest.Dimensions, role));
            StringAssert.Contains(error.Message, "Could not find an implementation");
        }
    }

    private static void Write(ModelPlan plan, string folder)
    {
        var (tensors, offsets, bytes) = OnnxModelWriter.PlaceWeights(plan.Graphs.Values);
        OnnxModelWriter.Write(plan.Graphs.Select(g => (GraphChoice.FileName(g.Key), g.Value)), folder, "0");
        using var data = File.Create(Path.Combine(folder, OnnxModelWriter.DataFile));
        data.SetLength(bytes);
        foreach (var (tensor, offset) in tensors.Zip(offsets))
        {
            data.Position = offset;
            tensor.Source.WriteTo(data, CancellationToken.None);
        }
    }

    [TestMethod]
    public void Load_FolderForCudaWithoutCuda_SaysWhatToDo()
    {
        using var folder = new TemporaryFolder();
        var output = Export(folder, "llama32-tied", ExportPrecision.Fp16);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => XlLoraModel.Load(output));

        StringAssert.Contains(error.Message, "the model was exported in fp16, for CUDA; for the CPU export it in fp32");
    }

    private static string Export(TemporaryFolder folder, string model, ExportPrecision precision)
    {
        var output = folder.File("model");
        var adapters = new Dictionary<string, string> { ["a"] = Repository.Data("models", "adapters", model, "all-linear-r8") };
        ModelExporter.Export(Repository.Data("models", model), output, new ExportOptions { Precision = precision, Adapters = adapters });
        return output;
    }
}
