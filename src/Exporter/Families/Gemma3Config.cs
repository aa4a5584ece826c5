namespace XlLoraOnnx.Exporter;

/// <summary>
/// The text part of a Gemma 3 config.json, as transformers 4 and 5 write it. Absent fields take the defaults of
/// <c>Gemma3TextConfig</c> (transformers, models/gemma3/configuration_gemma3.py).
/// </summary>
internal sealed record Gemma3Config
{
    public required int VocabSize { get; init; }
    public required int HiddenSize { get; init; }
    public required int IntermediateSize { get; init; }
    public required int NumHiddenLayers { get; init; }
    public required int NumAttentionHeads { get; init; }
    public required int NumKeyValueHeads { get; init; }
    public required int HeadDim { get; init; }
    public required int MaxPositionEmbeddings { get; init; }
    public required float RmsNormEps { get; init; }
    public required double QueryPreAttnScalar { get; init; }
    public required int SlidingWindow { get; init; }
    /// <summary>Per layer: attends to everything before it, instead of to a window.</summary>
    public required IReadOnlyList<bool> IsGlobal { get; init; }
    public required RotaryScaling GlobalRotary { get; init; }
    public required RotaryScaling LocalRotary { get; init; }
    public required bool TieWordEmbeddings { get; init; }

    /// <param name="config">The whole config.json: of the text model, or of the multimodal one with its text_config.</param>
    public static Gemma3Config Read(ConfigReader config)
    {
        var text = config.OptionalObject("text_config") ?? config;
        Gemma3Refusals.Check(config, text);
        var layers = text.PositiveInt("num_hidden_layers", 26);
        return new Gemma3Config
        {
            VocabSize = text.PositiveInt("vocab_size", 262208),
            HiddenSize = text.PositiveInt("hidden_size", 2304),
            IntermediateSize = text.PositiveInt("intermediate_size", 9216),
            NumHiddenLayers = layers,
            NumAttentionHeads = text.PositiveInt("num_attention_heads", 8),
            NumKeyValueHeads = text.PositiveInt("num_key_value_heads", 4),
            HeadDim = text.PositiveInt("head_dim", 256),
            MaxPositionEmbeddings = text.PositiveInt("max_position_embeddings", 131072),
            RmsNormEps = (float)text.PositiveNumber("rms_norm_eps", 1e-6),
            QueryPreAttnScalar = text.PositiveNumber("query_pre_attn_scalar", 256),
            SlidingWindow = text.PositiveInt("sliding_window", 4096),
            IsGlobal = ReadLayerTypes(text, layers),
            GlobalRotary = ReadGlobalRotary(text),
            LocalRotary = ReadLocalRotary(text),
            TieWordEmbeddings = text.OptionalBool("tie_word_embeddings") ?? config.Bool("tie_word_embeddings", true),
        };
    }

    private static bool[] ReadLayerTypes(ConfigReader text, int layers)
    {
        if (text.OptionalStrings("layer_types") is not { } types)
        {
            var pattern = text.PositiveInt("sliding_window_pattern", text.PositiveInt("_sliding_window_pattern", 6));
            return [.. Enumerable.Range(0, layers).Select(i => (i + 1) % pattern == 0)];
        }
        if (types.Count != layers)
            throw new InvalidDataException($"'{text.Path}': layer_types has {types.Count} entries; num_hidden_layers is {layers}.");
        return [.. types.Select(type => type switch
        {
            "full_attention" => true,
            "sliding_attention" => false,
            _ => throw new NotSupportedException(
                $"'{text.Path}': layer_types names '{type}'; full_attention and sliding_attention are supported."),
        })];
    }

    private static RotaryScaling ReadGlobalRotary(ConfigReader text)
    {
        const double Theta = 1e6;
        if (text.OptionalObject("rope_parameters") is { } parameters)
            return RotaryScaling.Read(parameters.OptionalObject("full_attention") ?? parameters, text.PositiveNumber("rope_theta", Theta));
        var theta = text.PositiveNumber("rope_theta", Theta);
        return text.OptionalObject("rope_scaling") is { } scaling ? RotaryScaling.Read(scaling, theta) : new RotaryScaling(theta, 1);
    }

    // rope_scaling of transformers 4 is for the global layers alone
    private static RotaryScaling ReadLocalRotary(ConfigReader text)
    {
        var theta = text.PositiveNumber("rope_local_base_freq", 1e4);
        var local = text.OptionalObject("rope_parameters")?.OptionalObject("sliding_attention");
        return local is null ? new RotaryScaling(theta, 1) : RotaryScaling.Read(local, theta);
    }
}

/// <param name="Factor">Linear position interpolation; 1 is none.</param>
internal sealed record RotaryScaling(double Theta, double Factor)
{
    public static RotaryScaling Read(ConfigReader rope, double theta)
    {
        var type = rope.OptionalString("rope_type") ?? rope.OptionalString("type") ?? "default";
        return type switch
        {
            "default" => new RotaryScaling(rope.PositiveNumber("rope_theta", theta), 1),
            "linear" when rope.Has("factor") =>
                new RotaryScaling(rope.PositiveNumber("rope_theta", theta), rope.PositiveNumber("factor", 1)),
            "linear" => throw new InvalidDataException($"{rope.Describe("factor")}, which linear RoPE scaling needs."),
            _ => throw new NotSupportedException($"{rope.Describe("rope_type")}; RoPE of type default and linear is supported."),
        };
    }
}
