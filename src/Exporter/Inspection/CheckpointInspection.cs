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
        var family = Family(folder, config, checkpoint, refusals);
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
        };
    }

    /// <summary>Plans an export, which checks the configuration and every tensor's name, type and shape.</summary>
    private static string? Family(string folder, ConfigReader config, CheckpointFiles checkpoint, List<string> refusals)
    {
        try
        {
            var options = new ExportOptions();
            var (_, plan) = ModelFamilies.Find(config, options.Precision);
            return plan(config, new TextWeights(folder, checkpoint), new WeightFormats(options), options).Family;
        }
        catch (Exception e) when (e is NotSupportedException or InvalidDataException)
        {
            refusals.Add(e.Message);
            return null;
        }
    }
}
