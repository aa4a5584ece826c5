using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>Tiny checkpoints of random weights in float32, for shapes that no reference model has.</summary>
internal static class RandomCheckpoint
{
    /// <summary>A decoder of the config's shapes, with the tokenizer of a reference model.</summary>
    /// <param name="config">Edits a reference model's config.json; null for none.</param>
    /// <param name="model">Of tests/Data/models, whose config and tokenizer it starts from.</param>
    /// <param name="prefix">Of every name but that of the head; empty for a model saved without it.</param>
    /// <param name="seed">Other weights for another seed.</param>
    public static string Decoder(
        TemporaryFolder folder, string model, Action<JsonObject>? config = null, string prefix = "model.", int seed = 1)
    {
        var checkpoint = Path.Combine(folder.Path, $"random-{model}-{seed}");
        Directory.CreateDirectory(checkpoint);
        foreach (var file in Directory.EnumerateFiles(Repository.Data("models", model), "*.json"))
            File.Copy(file, Path.Combine(checkpoint, Path.GetFileName(file)));
        var path = Path.Combine(checkpoint, "config.json");
        if (config is not null)
            TestFolders.Edit(path, config);
        var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        var shapes = ReferenceConfig.Read(checkpoint);
        var weights = new SafetensorsBuilder();
        var random = new Random(seed);
        foreach (var (name, shape) in Tensors(shapes, (int)json["vocab_size"]!, (int)json["intermediate_size"]!))
            Add(weights, random, name == "lm_head.weight" ? name : prefix + name, shape, one: shape.Length == 1 && !shapes.IsGemma);
        weights.Save(Path.Combine(checkpoint, "model.safetensors"));
        return checkpoint;
    }

    /// <summary>Adds numbers around 0, or around 1 for the norms of Llama.</summary>
    public static void Add(SafetensorsBuilder weights, Random random, string name, long[] shape, bool one = false)
    {
        // products of a row then have about the length of their input
        var scale = shape.Length == 1 ? 0.1 : 1.5 / Math.Sqrt(shape[^1]);
        var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        foreach (ref var value in values.AsSpan())
            value = (float)((one ? 1 : 0) + scale * (random.NextDouble() * 2 - 1) * Math.Sqrt(3));
        weights.Add(name, "F32", shape, MemoryMarshal.AsBytes(values.AsSpan()));
    }

    private static IEnumerable<(string Name, long[] Shape)> Tensors(ReferenceConfig config, int vocabulary, int intermediate)
    {
        var hidden = config.HiddenSize;
        yield return ("embed_tokens.weight", [vocabulary, hidden]);
        for (var layer = 0; layer < config.Layers; layer++)
        {
            var prefix = $"layers.{layer}.";
            string[] norms = config.IsGemma
                ? ["input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm"]
                : ["input_layernorm", "post_attention_layernorm"];
            foreach (var norm in norms)
                yield return ($"{prefix}{norm}.weight", [hidden]);
            var (queries, keys) = (config.Heads * config.HeadDim, config.KeyValueHeads * config.HeadDim);
            yield return (prefix + "self_attn.q_proj.weight", [queries, hidden]);
            yield return (prefix + "self_attn.k_proj.weight", [keys, hidden]);
            yield return (prefix + "self_attn.v_proj.weight", [keys, hidden]);
            yield return (prefix + "self_attn.o_proj.weight", [hidden, queries]);
            if (config.ModelType == "gemma3_text")
            {
                yield return (prefix + "self_attn.q_norm.weight", [config.HeadDim]);
                yield return (prefix + "self_attn.k_norm.weight", [config.HeadDim]);
            }
            yield return (prefix + "mlp.gate_proj.weight", [intermediate, hidden]);
            yield return (prefix + "mlp.up_proj.weight", [intermediate, hidden]);
            yield return (prefix + "mlp.down_proj.weight", [hidden, intermediate]);
        }
        yield return ("norm.weight", [hidden]);
        if (!config.Tied)
            yield return ("lm_head.weight", [vocabulary, hidden]);
    }
}
