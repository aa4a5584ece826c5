using System.Globalization;
using System.Text;
using System.Text.Json;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// A Gemma 3 checkpoint of a published shape with random weights, and rank-8 PEFT adapters for it: enough to measure what a model of that
/// size costs, and nothing to learn from. The tokenizer is the demonstration model's.
/// </summary>
internal sealed record ShapedCheckpoint(
    string Name, int Hidden, int Intermediate, int Layers, int Heads, int KeyValueHeads, int HeadDim, int Window, int Vocabulary)
{
    public const int AdapterRank = 8;

    private const float Spread = 0.02f;
    private static readonly string[] Norms = ["input", "post_attention", "pre_feedforward", "post_feedforward"];
    private static readonly string[] DemoFiles = ["generation_config.json", "tokenizer.json", "tokenizer_config.json"];
    private static readonly string[] Halves = ["lora_A", "lora_B"];

    /// <summary>google/gemma-3-270m.</summary>
    public static ShapedCheckpoint Gemma270M { get; } = new("gemma-3-270m", 640, 2048, 18, 4, 1, 256, 512, 262_144);

    /// <summary>Writes the folder; the same shape gives the same bytes.</summary>
    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), Config());
        var demo = Path.Combine(AppContext.BaseDirectory, "demo", "base");
        foreach (var file in DemoFiles)
            File.Copy(Path.Combine(demo, file), Path.Combine(folder, file));
        WriteTensors(Path.Combine(folder, "model.safetensors"), Tensors(), "BF16");
    }

    /// <summary>Writes a PEFT LoRA folder of rank 8 on all seven linear modules of each layer.</summary>
    public static void WriteAdapter(ShapedCheckpoint shape, string folder)
    {
        Directory.CreateDirectory(folder);
        const string Targets = "\"q_proj\", \"k_proj\", \"v_proj\", \"o_proj\", \"gate_proj\", \"up_proj\", \"down_proj\"";
        File.WriteAllText(Path.Combine(folder, "adapter_config.json"),
            $$"""{"peft_type": "LORA", "r": {{AdapterRank}}, "lora_alpha": 16, "target_modules": [{{Targets}}]}""");
        WriteTensors(Path.Combine(folder, "adapter_model.safetensors"), shape.AdapterTensors(), "F32");
    }

    private IEnumerable<(string Name, long[] Shape)> Linears(int layer)
    {
        var (attention, mlp) = ($"model.layers.{layer}.self_attn.", $"model.layers.{layer}.mlp.");
        yield return (attention + "q_proj", [Heads * HeadDim, Hidden]);
        yield return (attention + "k_proj", [KeyValueHeads * HeadDim, Hidden]);
        yield return (attention + "v_proj", [KeyValueHeads * HeadDim, Hidden]);
        yield return (attention + "o_proj", [Hidden, Heads * HeadDim]);
        yield return (mlp + "gate_proj", [Intermediate, Hidden]);
        yield return (mlp + "up_proj", [Intermediate, Hidden]);
        yield return (mlp + "down_proj", [Hidden, Intermediate]);
    }

    private IEnumerable<(string Name, long[] Shape)> Tensors()
    {
        yield return ("model.embed_tokens.weight", [Vocabulary, Hidden]);
        for (var layer = 0; layer < Layers; layer++)
        {
            foreach (var (name, shape) in Linears(layer))
                yield return (name + ".weight", shape);
            foreach (var norm in Norms)
                yield return ($"model.layers.{layer}.{norm}_layernorm.weight", [Hidden]);
            yield return ($"model.layers.{layer}.self_attn.q_norm.weight", [HeadDim]);
            yield return ($"model.layers.{layer}.self_attn.k_norm.weight", [HeadDim]);
        }
        yield return ("model.norm.weight", [Hidden]);
    }

    private IEnumerable<(string Name, long[] Shape)> AdapterTensors() =>
        from layer in Enumerable.Range(0, Layers)
        from linear in Linears(layer)
        from half in Halves
        select ($"base_model.model.{linear.Name}.{half}.weight",
            half == "lora_A" ? new[] { AdapterRank, linear.Shape[1] } : [linear.Shape[0], AdapterRank]);

    private string Config() => $$"""
        {"architectures": ["Gemma3ForCausalLM"], "model_type": "gemma3_text", "hidden_size": {{Hidden}}, "intermediate_size": {{Intermediate}},
         "num_hidden_layers": {{Layers}}, "num_attention_heads": {{Heads}}, "num_key_value_heads": {{KeyValueHeads}}, "head_dim": {{HeadDim}},
         "vocab_size": {{Vocabulary}}, "sliding_window": {{Window}}, "sliding_window_pattern": 6, "max_position_embeddings": 32768,
         "query_pre_attn_scalar": 256, "rope_theta": 1000000.0, "rope_local_base_freq": 10000.0, "rms_norm_eps": 1e-06,
         "hidden_activation": "gelu_pytorch_tanh", "bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0}
        """;

    private static void WriteTensors(string path, IEnumerable<(string Name, long[] Shape)> tensors, string dtype)
    {
        var list = tensors.ToArray();
        var bytesEach = dtype == "BF16" ? 2 : 4;
        var header = new StringBuilder("{");
        long offset = 0;
        foreach (var (name, shape) in list)
        {
            var end = offset + shape.Aggregate((long)bytesEach, (a, b) => a * b);
            var dims = string.Join(',', shape.Select(d => d.ToString(CultureInfo.InvariantCulture)));
            header.Append(CultureInfo.InvariantCulture,
                $"{(offset == 0 ? "" : ",")}{JsonSerializer.Serialize(name)}:{{\"dtype\":\"{dtype}\",\"shape\":[{dims}],\"data_offsets\":[{offset},{end}]}}");
            offset = end;
        }
        var json = Encoding.UTF8.GetBytes(header.Append('}').ToString());
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
        file.Write(BitConverter.GetBytes((long)json.Length));
        file.Write(json);
        WriteRandom(file, offset / bytesEach, bytesEach);
    }

    private static void WriteRandom(Stream file, long count, int bytesEach)
    {
        var random = new Random(1);
        var tile = new byte[(1 << 18) * bytesEach];
        for (; count > 0; count -= Math.Min(count, 1 << 18))
        {
            var values = (int)Math.Min(count, 1 << 18);
            for (var i = 0; i < values; i++)
            {
                // A float32 whose upper half is the bfloat16 of nearly the same value.
                var bits = BitConverter.SingleToUInt32Bits(((float)random.NextDouble() - 0.5f) * 2 * Spread);
                var value = bytesEach == 2 ? bits >> 16 : bits;
                for (var b = 0; b < bytesEach; b++)
                    tile[i * bytesEach + b] = (byte)(value >> (8 * b));
            }
            file.Write(tile.AsSpan(0, values * bytesEach));
        }
    }
}
