namespace XlLoraOnnx.Exporter;

/// <summary>How transformers names the weights of a folder: in one file, or in shards that an index lists.</summary>
internal sealed record WeightFormat(string SingleFile, string IndexFile, Func<string, ITensorFile> Open)
{
    public static readonly WeightFormat Safetensors = new("model.safetensors", "model.safetensors.index.json", SafetensorsFile.Open);

    /// <summary>What there was before safetensors (transformers/utils/__init__.py, WEIGHTS_NAME).</summary>
    public static readonly WeightFormat Torch = new("pytorch_model.bin", "pytorch_model.bin.index.json", TorchFile.Open);

    /// <summary>In the order in which transformers prefers them.</summary>
    public static readonly IReadOnlyList<WeightFormat> All = [Safetensors, Torch];
}
