using System.Text.Json;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// A Gemma 3 checkpoint and its PEFT adapters as llama.cpp has them. The tokenizer in the file stands for tokens that have no text:
/// prompts are given as numbers.
/// </summary>
internal static class GgufGemma
{
    private const string Architecture = "gemma3";
    private const string Layers = "model.layers.", AdapterLayers = "base_model.model.model.layers.";
    private const int FirstByteToken = 4, Bytes = 256;
    private const int Normal = 1, Unknown = 2, Control = 3, Byte = 6;

    private static readonly Dictionary<string, string> Modules = new()
    {
        ["input_layernorm"] = "attn_norm",
        ["self_attn.q_proj"] = "attn_q",
        ["self_attn.k_proj"] = "attn_k",
        ["self_attn.v_proj"] = "attn_v",
        ["self_attn.q_norm"] = "attn_q_norm",
        ["self_attn.k_norm"] = "attn_k_norm",
        ["self_attn.o_proj"] = "attn_output",
        ["post_attention_layernorm"] = "post_attention_norm",
        ["pre_feedforward_layernorm"] = "ffn_norm",
        ["mlp.gate_proj"] = "ffn_gate",
        ["mlp.up_proj"] = "ffn_up",
        ["mlp.down_proj"] = "ffn_down",
        ["post_feedforward_layernorm"] = "post_ffw_norm",
    };

    /// <param name="checkpoint">A folder with config.json and one file of weights.</param>
    public static void WriteModel(string checkpoint, string path)
    {
        using var weights = SafetensorsFile.Open(Path.Combine(checkpoint, "model.safetensors"));
        using var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(checkpoint, "config.json")));
        var file = new GgufFile();
        file.Add("general.architecture", Architecture);
        foreach (var (key, field) in (ReadOnlySpan<(string, string)>)[("context_length", "max_position_embeddings"),
            ("embedding_length", "hidden_size"), ("block_count", "num_hidden_layers"), ("feed_forward_length", "intermediate_size"),
            ("attention.head_count", "num_attention_heads"), ("attention.head_count_kv", "num_key_value_heads"),
            ("attention.key_length", "head_dim"), ("attention.value_length", "head_dim"), ("attention.sliding_window", "sliding_window")])
        {
            file.Add($"{Architecture}.{key}", config.RootElement.GetProperty(field).GetInt32());
        }
        file.Add($"{Architecture}.attention.layer_norm_rms_epsilon", config.RootElement.GetProperty("rms_norm_eps").GetSingle());
        file.Add($"{Architecture}.rope.freq_base", config.RootElement.GetProperty("rope_theta").GetSingle());
        AddTokenizer(file, config.RootElement.GetProperty("vocab_size").GetInt32());
        foreach (var (name, tensor) in weights.Tensors)
            file.AddTensor(ModelName(name), tensor.Shape, () => Values(weights, name));
        file.Write(path);
    }

    /// <param name="adapter">A PEFT folder.</param>
    public static void WriteAdapter(string adapter, string path)
    {
        using var weights = SafetensorsFile.Open(Path.Combine(adapter, "adapter_model.safetensors"));
        using var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(adapter, "adapter_config.json")));
        var file = new GgufFile();
        file.Add("general.type", "adapter");
        file.Add("general.architecture", Architecture);
        file.Add("adapter.type", "lora");
        file.Add("adapter.lora.alpha", config.RootElement.GetProperty("lora_alpha").GetSingle());
        foreach (var (name, tensor) in weights.Tensors)
            file.AddTensor(AdapterName(name), tensor.Shape, () => weights.ReadFloat32(name));
        file.Write(path);
    }

    /// <summary>Gemma's norms multiply by one more than their weights; llama.cpp's files have the sum.</summary>
    private static float[] Values(SafetensorsFile weights, string name)
    {
        var values = weights.ReadFloat32(name);
        return name.EndsWith("norm.weight", StringComparison.Ordinal) ? Array.ConvertAll(values, v => v + 1) : values;
    }

    private static string ModelName(string name) => name switch
    {
        "model.embed_tokens.weight" => "token_embd.weight",
        "model.norm.weight" => "output_norm.weight",
        _ => Block(name[Layers.Length..], suffix: ".weight"),
    };

    private static string AdapterName(string name) => name.EndsWith(".lora_A.weight", StringComparison.Ordinal)
        ? Block(name[AdapterLayers.Length..], ".lora_A.weight") + ".lora_a"
        : Block(name[AdapterLayers.Length..], ".lora_B.weight") + ".lora_b";

    private static string Block(string name, string suffix)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return $"blk.{name[..dot]}.{Modules[name[(dot + 1)..^suffix.Length]]}.weight";
    }

    private static void AddTokenizer(GgufFile file, int vocabulary)
    {
        var isByte = (int i) => i is >= FirstByteToken and < FirstByteToken + Bytes;
        file.Add("tokenizer.ggml.model", "llama");
        file.Add("tokenizer.ggml.tokens", [.. Enumerable.Range(0, vocabulary).Select(i => i switch
        {
            0 => "<pad>",
            1 => "<eos>",
            2 => "<bos>",
            3 => "<unk>",
            _ when isByte(i) => $"<0x{i - FirstByteToken:X2}>",
            _ => $"token{i}",
        })]);
        file.Add("tokenizer.ggml.scores", new float[vocabulary]);
        file.Add("tokenizer.ggml.token_type", [.. Enumerable.Range(0, vocabulary)
            .Select(i => i < 3 ? Control : i == 3 ? Unknown : isByte(i) ? Byte : Normal)]);
        foreach (var (name, id) in (ReadOnlySpan<(string, int)>)[("padding", 0), ("eos", 1), ("bos", 2), ("unknown", 3)])
            file.Add($"tokenizer.ggml.{name}_token_id", id);
    }
}
