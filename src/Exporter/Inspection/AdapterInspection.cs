using System.Globalization;

namespace XlLoraOnnx.Exporter;

/// <summary>Looks into adapters: PEFT folders and .onnx_adapter files.</summary>
internal static class AdapterInspection
{
    public static PathInspection OfPeft(string folder)
    {
        var refusals = new List<string>();
        var config = ConfigReader.Open(Path.Combine(folder, PeftAdapter.ConfigFile));
        var peft = new PeftAdapterConfig(config, refusals);
        using var file = PeftAdapter.OpenWeights(folder, refusals);
        IReadOnlyList<InspectedTensor> tensors =
            file is null ? [] : [.. file.Tensors.Values.Select(t => new InspectedTensor(t.Name, t.DType, t.Shape))];
        return new PathInspection
        {
            Kind = "PEFT adapter",
            Path = folder,
            Facts = new Dictionary<string, string>
            {
                ["peft_type"] = peft.PeftType,
                ["base_model_name_or_path"] = config.OptionalString("base_model_name_or_path") ?? "absent",
                ["r"] = peft.Rank.ToString(CultureInfo.InvariantCulture),
                ["lora_alpha"] = peft.Alpha.ToString(CultureInfo.InvariantCulture),
                ["use_rslora"] = peft.UseRslora ? "true" : "false",
                ["tensors"] = tensors.Count.ToString(CultureInfo.InvariantCulture),
            },
            Tensors = tensors,
            Refusals = refusals,
            Notices = peft.Notices,
        };
    }

    public static PathInspection OfFile(string path)
    {
        var file = OnnxAdapterFile.Read(path);
        return new PathInspection
        {
            Kind = ".onnx_adapter",
            Path = path,
            Facts = new Dictionary<string, string>
            {
                ["adapter_version"] = file.AdapterVersion.ToString(CultureInfo.InvariantCulture),
                ["model_version"] = file.ModelVersion == 0
                    ? "0 (bound to no base)"
                    : $"{file.ModelVersion.ToString(CultureInfo.InvariantCulture)} (31 bits of the fingerprint of its base)",
                ["tensors"] = file.Parameters.Count.ToString(CultureInfo.InvariantCulture),
                ["bytes"] = new FileInfo(path).Length.ToString("N0", CultureInfo.InvariantCulture),
            },
            Tensors = [.. file.Parameters.Select(p => new InspectedTensor(p.Name, TypeName(p.DataType), p.Dims))],
            Refusals = [],
            Notices = [],
        };
    }

    private static string TypeName(int dataType) => dataType switch
    {
        1 => "float32",
        10 => "float16",
        16 => "bfloat16",
        _ => $"ONNX type {dataType.ToString(CultureInfo.InvariantCulture)}",
    };
}
