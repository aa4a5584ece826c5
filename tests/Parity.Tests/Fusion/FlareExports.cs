namespace XlLoraOnnx.Parity.Tests;

/// <summary>The recorded runs of FLARE over a small XLM-RoBERTa, made by its own code, and what can be made of them.</summary>
internal static class FlareExports
{
    public static string Base => Recorded("base");

    public static string Recorded(params string[] parts) => Repository.Data(["models", "flare-xlmr", .. parts]);

    /// <summary>A run folder as its trainer saves it: of some only what was trained is kept, as safetensors.</summary>
    public static string Run(string name, TemporaryFolder folder)
    {
        var trained = Recorded(name, "trained.safetensors");
        if (!File.Exists(trained))
            return Recorded(name);
        var run = Copy(name, folder, name);
        Pickled(trained).Save(Path.Combine(run, "pytorch_model.bin"));
        return run;
    }

    public static string Export(string name, TemporaryFolder folder, string? taskRun = "task", ExportOptions? options = null)
    {
        var output = folder.File($"model-{name}");
        ModelExporter.Export(Run(name, folder), output, (options ?? new ExportOptions()) with
        {
            Flare = new FlareOptions { BaseFolder = Base, TaskRunFolder = taskRun is null ? null : Recorded(taskRun) },
        });
        return output;
    }

    /// <summary>A run that holds all: base weights with the task's adapter merged, as real ones do.</summary>
    public static string Complete(string name, TemporaryFolder folder, Action<TorchPickleBuilder, string, float[], long[]>? addWrapped = null)
    {
        var run = Copy(name, folder, name + "-complete");
        var builder = Pickled(Recorded(name, "trained.safetensors"));
        using var checkpoint = SafetensorsFile.Open(Path.Combine(Base, "model.safetensors"));
        using var task = TorchFile.Open(Recorded("task", "pytorch_model.bin"));
        foreach (var tensor in checkpoint.Tensors.Values)
        {
            var values = checkpoint.ReadFloat32(tensor.Name);
            var module = tensor.Name[..tensor.Name.LastIndexOf('.')];
            var adapted = task.Tensors.ContainsKey($"encoder.model.{module}.lora_A.lora.weight");
            var key = "encoder.model." + (adapted ? $"{module}.base_layer{tensor.Name[module.Length..]}" : tensor.Name);
            if (adapted && tensor.Shape.Count == 2)
                Merge(values, task, module, scale: 2);
            if (adapted && tensor.Shape.Count == 2 && addWrapped is not null)
                addWrapped(builder, key, values, [.. tensor.Shape]);
            else
                builder.Add(key, "F32", [.. tensor.Shape], [.. values.SelectMany(BitConverter.GetBytes)]);
        }
        builder.Save(Path.Combine(run, "pytorch_model.bin"));
        return run;
    }

    private static string Copy(string name, TemporaryFolder folder, string copy)
    {
        var run = Directory.CreateDirectory(folder.File(copy)).FullName;
        foreach (var file in (string[])["config.json", "results_test.json"])
            File.Copy(Recorded(name, file), Path.Combine(run, file), overwrite: true);
        return run;
    }

    private static TorchPickleBuilder Pickled(string safetensors)
    {
        using var file = SafetensorsFile.Open(safetensors);
        return file.Tensors.Values.Aggregate(new TorchPickleBuilder(),
            (builder, tensor) => builder.Add(tensor.Name, tensor.DType, [.. tensor.Shape], file.ReadBytes(tensor)));
    }

    /// <summary>W + scale · B A.</summary>
    private static void Merge(float[] weight, TorchFile task, string module, float scale)
    {
        var a = task.ReadFloat32($"encoder.model.{module}.lora_A.lora.weight");
        var b = task.ReadFloat32($"encoder.model.{module}.lora_B.lora.weight");
        var rank = (int)task.Tensors[$"encoder.model.{module}.lora_A.lora.weight"].Shape[0];
        var columns = a.Length / rank;
        for (var i = 0; i < weight.Length; i++)
        {
            for (var r = 0; r < rank; r++)
                weight[i] += scale * b[i / columns * rank + r] * a[r * columns + i % columns];
        }
    }
}
