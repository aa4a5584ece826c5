namespace XlLoraOnnx.Exporter;

/// <summary>
/// What config.json says of any decoder; a family adds its own. An absent field takes the default of its transformers class.
/// </summary>
internal abstract record DecoderConfig
{
    /// <param name="config">The whole config.json.</param>
    /// <param name="text">Its part about the text model; the same object where there is no other.</param>
    protected DecoderConfig(ConfigReader config, ConfigReader text, DecoderDefaults defaults)
    {
        Path = config.Path;
        VocabSize = text.PositiveInt("vocab_size", defaults.VocabSize);
        HiddenSize = text.PositiveInt("hidden_size", defaults.HiddenSize);
        IntermediateSize = text.PositiveInt("intermediate_size", defaults.IntermediateSize);
        NumHiddenLayers = text.PositiveInt("num_hidden_layers", defaults.NumHiddenLayers);
        NumAttentionHeads = text.PositiveInt("num_attention_heads", defaults.NumAttentionHeads);
        NumKeyValueHeads = text.PositiveInt("num_key_value_heads", defaults.NumKeyValueHeads ?? NumAttentionHeads);
        HeadDim = text.PositiveInt("head_dim", defaults.HeadDim ?? HiddenSize / NumAttentionHeads);
        MaxPositionEmbeddings = text.PositiveInt("max_position_embeddings", defaults.MaxPositionEmbeddings);
        RmsNormEps = (float)text.PositiveNumber("rms_norm_eps", 1e-6);
        TieWordEmbeddings = text.OptionalBool("tie_word_embeddings") ?? config.Bool("tie_word_embeddings", defaults.TieWordEmbeddings);
        IsBidirectional = !ReadIsCausal(config, text);
        IsBFloat16 = (DType(text) ?? DType(config)) == "bfloat16";
    }

    public string Path { get; }
    public int VocabSize { get; }
    public int HiddenSize { get; }
    public int IntermediateSize { get; }
    public int NumHiddenLayers { get; }
    public int NumAttentionHeads { get; }
    public int NumKeyValueHeads { get; }
    public int HeadDim { get; }
    public int MaxPositionEmbeddings { get; }
    public float RmsNormEps { get; }
    public bool TieWordEmbeddings { get; }
    /// <summary>Every token sees those after it too: such a model gives vectors and generates nothing.</summary>
    public bool IsBidirectional { get; protected init; }
    /// <summary>The type in which transformers loads the model by default, and in which adapters are usually trained.</summary>
    public bool IsBFloat16 { get; }

    /// <summary><c>is_causal</c>, which transformers reads since 5.2 (masking_utils.py).</summary>
    private static bool ReadIsCausal(ConfigReader config, ConfigReader text)
    {
        const string Name = "is_causal";
        if (!ReferenceEquals(config, text) && config.Has(Name))
            throw new NotSupportedException($"{config.Describe(Name)}: transformers reads it in text_config alone. Write it there.");
        // transformers takes null for false, which nobody means
        return text.OptionalBool(Name) ?? (!text.Names.Contains(Name) ? true : throw new InvalidDataException(
            $"{text.Describe(Name)}: it is null, expected true or false."));
    }

    // transformers 5, then 4
    private static string? DType(ConfigReader config) => config.OptionalString("dtype") ?? config.OptionalString("torch_dtype");
}

/// <summary>Defaults of a transformers config class; null follows from other fields.</summary>
internal sealed record DecoderDefaults
{
    /// <summary>Of Gemma 2; Gemma 3 has changed the vocabulary and the positions.</summary>
    public static DecoderDefaults Gemma { get; } = new()
    {
        VocabSize = 256000,
        HiddenSize = 2304,
        IntermediateSize = 9216,
        NumHiddenLayers = 26,
        NumAttentionHeads = 8,
        NumKeyValueHeads = 4,
        HeadDim = 256,
        MaxPositionEmbeddings = 8192,
        TieWordEmbeddings = true,
    };

    public required int VocabSize { get; init; }
    public required int HiddenSize { get; init; }
    public required int IntermediateSize { get; init; }
    public required int NumHiddenLayers { get; init; }
    public required int NumAttentionHeads { get; init; }
    public required int? NumKeyValueHeads { get; init; }
    public required int? HeadDim { get; init; }
    public required int MaxPositionEmbeddings { get; init; }
    public required bool TieWordEmbeddings { get; init; }
}
