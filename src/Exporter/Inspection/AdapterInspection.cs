using System.Globalization;

namespace XlLoraOnnx.Exporter;

/// <summary>Looks into adapters: PEFT folders and .onnx_adapter files.</summary>
internal static class AdapterInspection
{
    public static PathInspection OfPeft(string folder)
    {
        if (FlareFolder.IsOne(folder))
            return OfFlare(folder);
        var refusals = new List<string>();
        var config = ConfigReader.Open(Path.Combine(folder, PeftAdapter.ConfigFile));
        var peft = new PeftAdapterConfig(config, refusals);
        using var file = PeftAdapter.OpenWeights(folder, refusals);
        var tensors = Tensors(file);
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

    /// <summary>An adapter of FLARE alone.</summary>
    private static PathInspection OfFlare(string folder)
    {
        var refusals = new List<string>();
        var flare = ConfigReader.Open(Path.Combine(folder, FlareFolder.ConfigFile));
        var lora = ConfigReader.Open(Path.Combine(folder, PeftAdapter.ConfigFile));
        try
        {
            using var run = FlareRun.Open(folder);
            FlareSettings.Of(run, new FlareOptions());
        }
        catch (Exception e) when (e is NotSupportedException or InvalidDataException or FileNotFoundException)
        {
            refusals.Add(e.Message);
        }
        using var file = PeftAdapter.OpenWeights(folder, []);
        var tensors = Tensors(file);
        string[] ofFlare = ["adapter_name", "fusion_fn", "source", "head", "labels", "task", "source_lang", "target_lang",
            "base_fingerprint"];
        string[] ofLora = ["base_model_name_or_path", "r", "lora_alpha"];
        return new PathInspection
        {
            Kind = "FLARE adapter",
            Path = folder,
            Facts = ofFlare.Select(name => (name, Shown(flare, name))).Concat(ofLora.Select(name => (name, Shown(lora, name))))
                .Append(("tensors", tensors.Count.ToString(CultureInfo.InvariantCulture))).ToDictionary(),
            Tensors = tensors,
            Refusals = refusals,
            Notices = [],
        };
    }

    private static string Shown(ConfigReader config, string name) => config.Find(name) is { } value ? value.ToString() : "absent";

    private static IReadOnlyList<InspectedTensor> Tensors(ITensorFile? file) =>
        file is null ? [] : [.. file.Tensors.Values.Select(t => new InspectedTensor(t.Name, t.DType, t.Shape))];

    private static string TypeName(int dataType) => dataType switch
    {
        1 => "float32",
        10 => "float16",
        16 => "bfloat16",
        _ => $"ONNX type {dataType.ToString(CultureInfo.InvariantCulture)}",
    };
}
