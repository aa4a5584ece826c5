using System.Text.Json.Nodes;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>A run of FLARE over a decoder: without a source it is the model with a plain adapter, which other graphs compute.</summary>
[TestClass]
public sealed class FlareDecoderTests
{
    private const int Rank = 2, Alpha = 3;
    private static readonly long[] Prompt = [3, 17, 29, 5, 41, 11, 23];

    [TestMethod]
    [DataRow("llama31")]
    [DataRow("gemma2")]
    public void Run_WithoutASource_GivesWhatThePlainAdapterGives(string model)
    {
        using var folder = new TemporaryFolder();
        var (run, peft) = Write(model, folder);
        var fused = folder.File("fused");
        ModelExporter.Export(run, fused, new ExportOptions { Flare = new FlareOptions { BaseFolder = Repository.Data("models", model) } });
        var plain = folder.File("plain");
        ModelExporter.Export(Repository.Data("models", model), plain,
            new ExportOptions { Adapters = new Dictionary<string, string> { ["plain"] = peft } });
        var manifest = ModelManifest.Read(fused);
        using var target = new FusionRun(fused, manifest, showsStates: true);
        using var scoring = new GraphRun(plain, manifest.Dimensions, GraphRoles.Scoring);
        var rows = new EncoderRows(1, Prompt.Length, Prompt, [.. Prompt.Select(_ => 1L)], null);

        var alone = target.Run(FusionRows.Alone(rows), ["logits"])[0];
        var with = target.Run(FusionRows.Released(rows, target.SourceStates(rows)), ["logits"])[0];

        var expected = scoring.Logits(Prompt, Path.Combine(plain, "adapters", "plain.onnx_adapter"));
        Assert.HasCount(expected.Length, alone);
        Assert.IsLessThan(2e-4, expected.Zip(alone, (a, b) => Math.Abs(a - b)).Max());
        Assert.IsGreaterThan(1e-2, with.Zip(alone, (a, b) => Math.Abs(a - b)).Max(), "the source is seen");
        Assert.AreEqual("language_model", manifest.Flare!.Head);
        foreach (var check in FolderVerifier.Verify(fused))
            Assert.AreEqual(FolderCheckOutcome.Passed, check.Outcome, $"{check.Name}: {check.Detail}");
        using var generator = XlLoraModel.Load(fused);
        Assert.IsEmpty(generator.Generator.Adapters, "an adapter that reads two languages is none of a prompt");
    }

    /// <summary>A complete run, and the same factors as a PEFT folder.</summary>
    private static (string Run, string Peft) Write(string model, TemporaryFolder folder)
    {
        var source = Repository.Data("models", model);
        var (run, peft) = (Directory.CreateDirectory(folder.File("run")).FullName, Directory.CreateDirectory(folder.File("peft")).FullName);
        TestFolders.Edit(Copied(source, run, "config.json"), config => config["architectures"] = new JsonArray("FusionDecoder"));
        Copied(source, run, "generation_config.json");
        File.WriteAllText(Path.Combine(run, "results_test.json"),
            $$"""{"task": "nusax", "lora_alpha": {{Alpha}}, "fusion_fn": "add_relu", "adapter_name": "flare-add_relu"}""");
        File.WriteAllText(Path.Combine(peft, "adapter_config.json"), $$"""
            {"peft_type": "LORA", "r": {{Rank}}, "lora_alpha": {{Alpha}}, "target_modules": "all-linear", "base_model_name_or_path": "base"}
            """);
        var (state, factors, random) = (new TorchPickleBuilder(), new SafetensorsBuilder(), new Random(1));
        using var checkpoint = CheckpointFiles.Open(source);
        foreach (var (file, tensor) in checkpoint.Tensors)
        {
            var module = tensor.Name[..tensor.Name.LastIndexOf('.')];
            var adapted = module.EndsWith("_proj", StringComparison.Ordinal);
            state.Add($"encoder.model.{(adapted ? module + ".base_layer.weight" : tensor.Name)}", tensor.DType, [.. tensor.Shape],
                file.ReadBytes(tensor));
            if (!adapted)
                continue;
            Factor("A", [Rank, tensor.Shape[1]]);
            Factor("B", [tensor.Shape[0], Rank]);

            void Factor(string name, long[] shape)
            {
                var bytes = Enumerable.Range(0, (int)(shape[0] * shape[1]))
                    .SelectMany(_ => BitConverter.GetBytes((float)(random.NextDouble() - 0.5) * 0.3f)).ToArray();
                state.Add($"encoder.model.{module}.lora_{name}.flare-add_relu.weight", "F32", shape, bytes);
                factors.Add($"base_model.model.{module}.lora_{name}.weight", "F32", shape, bytes);
            }
        }
        state.Save(Path.Combine(run, "pytorch_model.bin"));
        factors.Save(Path.Combine(peft, "adapter_model.safetensors"));
        return (run, peft);
    }

    private static string Copied(string source, string target, string name)
    {
        var copy = Path.Combine(target, name);
        if (File.Exists(Path.Combine(source, name)))
            File.Copy(Path.Combine(source, name), copy);
        return copy;
    }
}
