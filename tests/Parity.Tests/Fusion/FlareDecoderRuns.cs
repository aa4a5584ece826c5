using System.Text.Json.Nodes;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>Runs of FLARE over the small decoders, with factors that are drawn, as its trainer saves them.</summary>
internal static class FlareDecoderRuns
{
    private const int Rank = 2, Alpha = 3;

    public static string Export(TemporaryFolder folder, string fusion, string model = "llama31")
    {
        var (run, _) = Write(model, folder, fusion);
        return ModelExporter.Export(run, folder.File("fused"),
            new ExportOptions { Flare = new FlareOptions { BaseFolder = Repository.Data("models", model) } }).Folder;
    }

    /// <summary>A complete run, and the same factors as a PEFT folder.</summary>
    public static (string Run, string Peft) Write(string model, TemporaryFolder folder, string fusion = "add_relu")
    {
        var source = Repository.Data("models", model);
        var (run, peft) = (Directory.CreateDirectory(folder.File("run")).FullName, Directory.CreateDirectory(folder.File("peft")).FullName);
        TestFolders.Edit(Copied(source, run, "config.json"), config => config["architectures"] = new JsonArray("FusionDecoder"));
        Copied(source, run, "generation_config.json");
        File.WriteAllText(Path.Combine(run, "results_test.json"),
            $$"""{"task": "nusax", "lora_alpha": {{Alpha}}, "fusion_fn": "{{fusion}}", "adapter_name": "flare-{{fusion}}"}""");
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
                state.Add($"encoder.model.{module}.lora_{name}.flare-{fusion}.weight", "F32", shape, bytes);
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
