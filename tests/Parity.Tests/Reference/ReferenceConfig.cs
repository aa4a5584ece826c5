using System.Text.Json.Nodes;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>What <see cref="ReferenceDecoder"/> knows of a model, read from config.json by itself; heads may have any even size.</summary>
internal sealed record ReferenceConfig
{
    /// <summary><c>llama</c>, <c>gemma2</c> or <c>gemma3_text</c>.</summary>
    public required string ModelType { get; init; }
    public required int HiddenSize { get; init; }
    public required int Layers { get; init; }
    public required int Heads { get; init; }
    public required int KeyValueHeads { get; init; }
    public required int HeadDim { get; init; }
    public required double Epsilon { get; init; }
    /// <summary>On the products of queries and keys.</summary>
    public required double Scale { get; init; }
    public double? AttentionSoftcap { get; init; }
    public double? FinalSoftcap { get; init; }
    public required bool Tied { get; init; }
    /// <summary>Layer, distance of a key from its query (negative for one before it) → whether the query sees it.</summary>
    public required Func<int, int, bool> Sees { get; init; }
    /// <summary>Layer, index of a pair of numbers in a head → radians a position.</summary>
    public required Func<int, int, double> Frequency { get; init; }

    public bool IsGemma => ModelType != "llama";

    public static ReferenceConfig Read(string folder)
    {
        var whole = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!.AsObject();
        var config = whole["text_config"]?.AsObject() ?? whole;
        var type = (string)config["model_type"]!;
        var (hidden, heads, layers) = (Int("hidden_size"), Int("num_attention_heads"), Int("num_hidden_layers"));
        var headDim = config["head_dim"] is null ? hidden / heads : Int("head_dim");
        var window = type == "llama" ? 0 : Int("sliding_window");
        var isLocal = IsLocal(config, type, layers);
        return new ReferenceConfig
        {
            ModelType = type,
            HiddenSize = hidden,
            Layers = layers,
            Heads = heads,
            KeyValueHeads = config["num_key_value_heads"] is null ? heads : Int("num_key_value_heads"),
            HeadDim = headDim,
            Epsilon = Number("rms_norm_eps") ?? 1e-6,
            Scale = Math.Pow(type == "llama" ? headDim : Number("query_pre_attn_scalar") ?? 256, -0.5),
            AttentionSoftcap = Number("attn_logit_softcapping"),
            FinalSoftcap = Number("final_logit_softcapping"),
            Tied = (bool?)config["tie_word_embeddings"] ?? (bool?)whole["tie_word_embeddings"] ?? type != "llama",
            Sees = Mask(config, isLocal, window),
            Frequency = Rotation(config, type, isLocal, headDim),
        };

        int Int(string name) => (int)config[name]!;
        double? Number(string name) => (double?)config[name];
    }

    private static bool[] IsLocal(JsonObject config, string type, int layers)
    {
        if (type == "llama")
            return new bool[layers];
        if (config["layer_types"] is JsonArray types)
            return [.. types.Select(t => (string)t! == "sliding_attention")];
        var pattern = (int?)(config["sliding_window_pattern"] ?? config["_sliding_window_pattern"]) ?? 6;
        return [.. Enumerable.Range(0, layers).Select(i => type == "gemma2" ? i % 2 == 0 : (i + 1) % pattern != 0)];
    }

    /// <summary>
    /// transformers, masking_utils.py: a causal window leaves out keys at its size, one in both directions does not. Gemma 3's
    /// use_bidirectional_attention halves the window and leaves the last key out (models/gemma3: sliding_window // 2 + 1, distance below).
    /// </summary>
    private static Func<int, int, bool> Mask(JsonObject config, bool[] isLocal, int window)
    {
        var isCausal = (bool?)config["is_causal"] ?? true;
        var isGemma3Encoder = (bool?)config["use_bidirectional_attention"] ?? false;
        if (isGemma3Encoder)
            window = window / 2 + 1;
        return (layer, distance) => (isCausal, isGemma3Encoder) switch
        {
            (true, false) => distance <= 0 && (!isLocal[layer] || -distance < window),
            (true, true) => !isLocal[layer] || Math.Abs(distance) < window,
            _ => !isLocal[layer] || Math.Abs(distance) <= window,
        };
    }

    private static Func<int, int, double> Rotation(JsonObject config, string type, bool[] isLocal, int headDim)
    {
        var defaultTheta = type == "gemma3_text" ? 1e6 : 1e4;
        var theta = (double?)config["rope_theta"] ?? defaultTheta;
        var scaling = config["rope_parameters"] ?? config["rope_scaling"];
        if (type != "gemma3_text")
            return (_, i) => Scaled(scaling, Plain((double?)scaling?["rope_theta"] ?? theta, i));
        var local = scaling?["sliding_attention"];
        var localTheta = (double?)(local?["rope_theta"] ?? config["rope_local_base_freq"]) ?? 1e4;
        var global = scaling?["full_attention"] ?? (config["rope_parameters"] is null ? scaling : null);
        var globalTheta = (double?)global?["rope_theta"] ?? theta;
        return (layer, i) => isLocal[layer] ? Scaled(local, Plain(localTheta, i)) : Scaled(global, Plain(globalTheta, i));

        double Plain(double theta, int i) => Math.Pow(theta, -2.0 * i / headDim);
    }

    /// <summary>transformers, modeling_rope_utils.py.</summary>
    private static double Scaled(JsonNode? scaling, double frequency)
    {
        switch ((string?)(scaling?["rope_type"] ?? scaling?["type"]) ?? "default")
        {
            case "default":
                return frequency;
            case "linear":
                return frequency / (double)scaling!["factor"]!;
            case "llama3":
                var (factor, low, high) =
                    ((double)scaling!["factor"]!, (double)scaling["low_freq_factor"]!, (double)scaling["high_freq_factor"]!);
                var turns = (double)scaling["original_max_position_embeddings"]! * frequency / (2 * Math.PI);
                var share = Math.Clamp((turns - low) / (high - low), 0, 1);
                return share * frequency + (1 - share) * frequency / factor;
            default:
                throw new NotSupportedException($"The reference does not know {scaling}.");
        }
    }
}
