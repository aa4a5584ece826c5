using System.Text;

namespace XlLoraOnnx.Exporter.Tests;

/// <summary>Small runs of FLARE as its trainer saves them.</summary>
internal static class FlareRuns
{
    public const string Query = "roberta.encoder.layer.0.attention.self.query";

    public const string Results = """
        {"task": "xnli", "lora_r": 2, "lora_alpha": 8, "fusion_fn": "add_relu", "cross_attention_heads": 1, "adapter_name": "flare-add_relu"}
        """;

    public const string State = """{"quant_type": "nf4", "blocksize": 64, "dtype": "float32", "shape": [8, 12]}""";

    private static readonly float[] Codes = [.. Enumerable.Range(0, 16).Select(i => i / 8f - 1)];

    /// <param name="adapter">What the keys call it.</param>
    /// <param name="bits">4 for a weight of bitsandbytes.</param>
    /// <param name="state">What stands beside such a weight; null for what fits.</param>
    public static TorchPickleBuilder Small(string adapter = "flare-add_relu", int bits = 32, byte[]? state = null)
    {
        const string Key = "encoder.model." + Query;
        var run = new TorchPickleBuilder();
        if (bits == 32)
            run.AddFloats(Key + ".base_layer.weight", 8, 12);
        else
            Add4Bits(run, Key + ".base_layer.weight", state ?? Encoding.UTF8.GetBytes(State));
        return run.AddFloats(Key + ".base_layer.bias", 8)
            .AddFloats($"{Key}.lora_A.{adapter}.weight", 2, 12).AddFloats($"{Key}.lora_B.{adapter}.weight", 8, 2)
            .AddFloats("encoder.model.classifier.dense.weight", 8, 8).AddFloats("encoder.model.classifier.dense.bias", 8)
            .AddFloats("encoder.model.classifier.out_proj.weight", 3, 8).AddFloats("encoder.model.classifier.out_proj.bias", 3);
    }

    public static void Write(string folder, TorchPickleBuilder run, string? results = Results)
    {
        run.Save(Path.Combine(folder, "pytorch_model.bin"));
        if (results is not null)
            File.WriteAllText(Path.Combine(folder, FlareRun.ResultsFile), results);
    }

    /// <summary>Element i has the code i % 16, and the scale of its block of 64 is 1 or 2.</summary>
    public static float Value4Bits(int element) => Codes[element % 16] * (1 + element / 64);

    /// <summary>What a trainer knows of an adapter such as <see cref="Small"/>.</summary>
    public static FlareFolderFacts Facts => new()
    {
        BaseName = "xlmr",
        Settings = new FlareSettings
        {
            Source = FlareSource.Model,
            JoinsTexts = false,
            IsTaskRun = false,
            Fusion = FusionFunction.AddRelu,
            Alpha = 8,
            Heads = 1,
            Task = "xnli",
            SourceLanguage = "en",
            TargetLanguage = "es",
            MaxLength = 64,
        },
        Head = FlareShape.Classification,
        Labels = 3,
    };

    /// <summary>Its tensors.</summary>
    public static IReadOnlyList<FlareFolderTensor> Trained() =>
    [
        FlareFolderTensor.Of(Query + ".lora_A.weight", [2, 12], Values(24)),
        FlareFolderTensor.Of(Query + ".lora_B.weight", [8, 2], Values(16)),
        FlareFolderTensor.Of("classifier.dense.weight", [8, 8], Values(64)),
        FlareFolderTensor.Of("classifier.out_proj.weight", [3, 8], Values(24)),
    ];

    public static float[] Values(int count) => [.. Enumerable.Range(0, count).Select(i => i / 16f - 1)];

    private static void Add4Bits(TorchPickleBuilder run, string key, byte[] state)
    {
        var codes = Enumerable.Range(0, 48).Select(i => (byte)(((2 * i % 16) << 4) | ((2 * i + 1) % 16))).ToArray();
        run.Add(key, "U8", [48, 1], codes)
            .Add(key + ".absmax", "F32", [2], [.. new[] { 1f, 2f }.SelectMany(BitConverter.GetBytes)])
            .Add(key + ".quant_map", "F32", [16], [.. Codes.SelectMany(BitConverter.GetBytes)])
            .Add(key + Nf4Tensor.StateSuffix, "U8", [state.Length], state);
    }
}
