using System.Globalization;

namespace XlLoraOnnx.Exporter;

/// <summary>Looks into a Hugging Face checkpoint folder.</summary>
internal static class CheckpointInspection
{
    public static PathInspection Of(string folder)
    {
        var config = ConfigReader.Open(Path.Combine(folder, "config.json"));
        using var checkpoint = CheckpointFiles.Open(folder);
        var tensors = checkpoint.Tensors.Select(t => t.Tensor).ToArray();
        var refusals = new List<string>();
        var architecture = string.Join(", ", config.OptionalStrings("architectures") ?? []);
        var (family, notices) = Family(folder, config, checkpoint, refusals);
        string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
        return new PathInspection
        {
            Kind = "checkpoint",
            Path = folder,
            Facts = new Dictionary<string, string>
            {
                ["architecture"] = architecture,
                ["family"] = family ?? "not supported",
                ["model_type"] = config.OptionalString("model_type") ?? "absent",
                ["files"] = Count(checkpoint.Files.Count),
                ["tensors"] = Count(tensors.Length),
                ["parameters"] = Count(tensors.Sum(t => t.ElementCount)),
                ["bytes"] = Count(tensors.Sum(t => t.Bytes)),
                ["weights"] = checkpoint.PickleNotice is null
                    ? "safetensors" : "pickle of torch, read as tensors alone; nothing in it is run",
                ["types"] = string.Join(", ", tensors.GroupBy(t => t.DType).Select(g => $"{g.Key} ({Count(g.Count())})")),
            },
            Tensors = [.. tensors.Select(t => new InspectedTensor(t.Name, t.DType, t.Shape))],
            Refusals = refusals,
            Notices = notices,
        };
    }

    /// <summary>Plans an export, which checks the configuration, the tokenizer and every tensor's name, type and shape.</summary>
    private static (string? Family, IReadOnlyList<string> Notices) Family(
        string folder, ConfigReader config, CheckpointFiles checkpoint, List<string> refusals)
    {
        var options = new ExportOptions();
        string? family = null;
        try
        {
            var (_, plan) = ModelFamilies.Find(config, options.Precision);
            family = plan(config, new TextWeights(folder, checkpoint), new WeightFormats(options), options).Family;
            using var export = new ModelExport(folder, checkpoint, options);
            return (family, export.Notices);
        }
        catch (Exception e) when (e is NotSupportedException or InvalidDataException or FileNotFoundException)
        {
            refusals.Add(e.Message);
            return (family, []);
        }
    }
}
