using System.Text.Json.Nodes;

namespace XlLoraOnnx.Exporter.Tests;

/// <summary>Safetensors of a folder rewritten as transformers wrote weights before: pytorch_model.bin, or shards of it.</summary>
internal static class TorchCheckpoint
{
    /// <param name="ties">Other names of a tensor, which share its storage.</param>
    public static TorchPickleBuilder Read(string safetensors, Func<string, bool> chosen, params (string Name, string Of)[] ties)
    {
        using var file = SafetensorsFile.Open(safetensors);
        var builder = new TorchPickleBuilder();
        foreach (var tensor in file.Tensors.Values.Where(t => chosen(t.Name)))
        {
            builder.Add(tensor.Name, tensor.DType, [.. tensor.Shape], file.ReadBytes(tensor));
            foreach (var (name, _) in ties.Where(t => t.Of == tensor.Name))
                builder.Tie(name, tensor.Name);
        }
        return builder;
    }

    /// <summary>One file in place of another.</summary>
    public static void Replace(string safetensors, string bin, params (string Name, string Of)[] ties)
    {
        Read(safetensors, _ => true, ties).Save(bin);
        File.Delete(safetensors);
    }

    /// <summary>Two shards and their index in place of model.safetensors.</summary>
    public static void ReplaceByShards(string folder, Func<string, bool> inSecond, params (string Name, string Of)[] ties)
    {
        var safetensors = Path.Combine(folder, "model.safetensors");
        var places = new JsonObject();
        foreach (var (shard, chosen) in ((string, Func<string, bool>)[])
            [("pytorch_model-00001-of-00002.bin", n => !inSecond(n)), ("pytorch_model-00002-of-00002.bin", inSecond)])
        {
            Read(safetensors, chosen, ties).Save(Path.Combine(folder, shard));
            using var file = TorchFile.Open(Path.Combine(folder, shard));
            foreach (var name in file.Tensors.Keys)
                places[name] = shard;
        }
        var index = new JsonObject { ["metadata"] = new JsonObject(), ["weight_map"] = places };
        File.WriteAllText(Path.Combine(folder, "pytorch_model.bin.index.json"), index.ToJsonString());
        File.Delete(safetensors);
    }
}
