namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// A Gemma 3 checkpoint of a published shape with random weights, and rank-8 PEFT adapters for it: enough to measure what a model of that
/// size costs, and nothing to learn from. The tokenizer is the demonstration model's.
/// </summary>
internal sealed record ShapedCheckpoint(
    string Name, int Hidden, int Intermediate, int Layers, int Heads, int KeyValueHeads, int HeadDim, int Window, int Vocabulary)
{
    public const int AdapterRank = 8;

    private const long SparseFill = 1 << 20;

    private static readonly string[] Norms = ["input", "post_attention", "pre_feedforward", "post_feedforward"];
    private static readonly string[] DemoFiles = ["generation_config.json", "tokenizer.json", "tokenizer_config.json"];
    private static readonly string[] Halves = ["lora_A", "lora_B"];

    /// <summary>google/gemma-3-270m.</summary>
    public static ShapedCheckpoint Gemma270M { get; } = new("gemma-3-270m", 640, 2048, 18, 4, 1, 256, 512, 262_144);

    private static readonly ShapedCheckpoint[] Shapes =
    [
        // of the demonstration model's size: to try programs with
        new("mini", 128, 512, 6, 4, 2, 32, 64, 2000),
        // 190 MB with everything that the larger ones have
        new("tiny", 512, 2048, 24, 8, 4, 64, 512, 2000),
        Gemma270M with { Name = "270m" },
        new("1b", 1152, 6912, 26, 4, 1, 256, 512, 262_144),
        new("4b", 2560, 10240, 34, 8, 4, 256, 1024, 262_208),
        new("12b", 3840, 15360, 48, 16, 8, 256, 1024, 262_208),
        new("27b", 5376, 21504, 62, 32, 16, 128, 1024, 262_208),
    ];

    /// <exception cref="ArgumentException">There is no such shape; says which there are.</exception>
    public static ShapedCheckpoint Named(string name) => Shapes.FirstOrDefault(s => s.Name == name)
        ?? throw new ArgumentException($"There is no shape '{name}'; there are {string.Join(", ", Shapes.Select(s => s.Name))}.");

    /// <summary>Writes the folder; the same shape gives the same bytes.</summary>
    /// <param name="sparse">Only the beginnings of the first layer's tensors are filled, so that the files cost no disk.</param>
    /// <param name="repeated">The numbers repeat every mebibyte, which is as good for speed and written as fast as the disk goes.</param>
    public void Write(string folder, bool sparse = false, bool repeated = false)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), Config());
        var demo = Path.Combine(AppContext.BaseDirectory, "demo", "base");
        foreach (var file in DemoFiles)
            File.Copy(Path.Combine(demo, file), Path.Combine(folder, file));
        ShapedTensors.Write(folder, "model", [.. Tensors()], bytesEach: 2, name => !sparse ? long.MaxValue
            : name.Contains("layers.0.", StringComparison.Ordinal) ? SparseFill : 0, repeated);
    }

    /// <summary>Writes a PEFT LoRA folder of rank 8 on all seven linear modules of each layer.</summary>
    public static void WriteAdapter(ShapedCheckpoint shape, string folder)
    {
        Directory.CreateDirectory(folder);
        const string Targets = "\"q_proj\", \"k_proj\", \"v_proj\", \"o_proj\", \"gate_proj\", \"up_proj\", \"down_proj\"";
        File.WriteAllText(Path.Combine(folder, "adapter_config.json"),
            $$"""{"peft_type": "LORA", "r": {{AdapterRank}}, "lora_alpha": 16, "target_modules": [{{Targets}}]}""");
        ShapedTensors.Write(folder, "adapter_model", [.. shape.AdapterTensors()], bytesEach: 4, _ => long.MaxValue);
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
        {"architectures": ["Gemma3ForCausalLM"], "model_type": "gemma3_text", "hidden_size": {{Hidden}},
         "intermediate_size": {{Intermediate}}, "num_hidden_layers": {{Layers}}, "num_attention_heads": {{Heads}},
         "num_key_value_heads": {{KeyValueHeads}}, "head_dim": {{HeadDim}},
         "vocab_size": {{Vocabulary}}, "sliding_window": {{Window}}, "sliding_window_pattern": 6, "max_position_embeddings": 131072,
         "query_pre_attn_scalar": {{HeadDim}}, "rope_theta": 1000000.0, "rope_local_base_freq": 10000.0, "rms_norm_eps": 1e-06,
         "hidden_activation": "gelu_pytorch_tanh", "bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0}
        """;
}
