namespace XlLoraOnnx.Exporter;

/// <summary>What config.json says of any encoder; a family adds its own and its defaults.</summary>
internal abstract record EncoderConfig
{
    protected EncoderConfig(ConfigReader config, EncoderDefaults defaults)
    {
        Path = config.Path;
        VocabSize = config.PositiveInt("vocab_size", defaults.VocabSize);
        HiddenSize = config.PositiveInt(defaults.HiddenSizeName, defaults.HiddenSize);
        IntermediateSize = config.PositiveInt(defaults.IntermediateSizeName, defaults.IntermediateSize);
        NumHiddenLayers = config.PositiveInt(defaults.LayersName, defaults.NumHiddenLayers);
        NumAttentionHeads = config.PositiveInt(defaults.HeadsName, defaults.NumAttentionHeads);
        MaxPositionEmbeddings = config.PositiveInt("max_position_embeddings", defaults.MaxPositionEmbeddings);
        LayerNormEps = (float)(defaults.EpsName is null ? defaults.Eps : config.PositiveNumber(defaults.EpsName, defaults.Eps));
        PadTokenId = config.Int("pad_token_id", defaults.PadTokenId);
        if (PadTokenId < 0 || PadTokenId >= VocabSize)
            throw new InvalidDataException($"{config.Describe("pad_token_id")}; it must be from 0 to {VocabSize - 1}.");
        Activation = config.OptionalString(defaults.ActivationName) ?? "gelu";
    }

    public string Path { get; }
    public int VocabSize { get; }
    public int HiddenSize { get; }
    public int IntermediateSize { get; }
    public int NumHiddenLayers { get; }
    public int NumAttentionHeads { get; }
    public int HeadDim => HiddenSize / NumAttentionHeads;
    /// <summary>As config.json has it; RoBERTa's table has more rows than it has positions.</summary>
    public int MaxPositionEmbeddings { get; }
    public float LayerNormEps { get; }
    public int PadTokenId { get; }
    /// <summary><c>hidden_act</c>.</summary>
    public string Activation { get; }

    /// <summary>Tokens of the longest row.</summary>
    public abstract int Positions { get; }
}

/// <summary>Defaults of a transformers config class, and the names that differ.</summary>
internal sealed record EncoderDefaults
{
    public required int VocabSize { get; init; }
    public int HiddenSize { get; init; } = 768;
    public int IntermediateSize { get; init; } = 3072;
    public int NumHiddenLayers { get; init; } = 12;
    public int NumAttentionHeads { get; init; } = 12;
    public int MaxPositionEmbeddings { get; init; } = 512;
    public string HiddenSizeName { get; init; } = "hidden_size";
    public string IntermediateSizeName { get; init; } = "intermediate_size";
    public string LayersName { get; init; } = "num_hidden_layers";
    public string HeadsName { get; init; } = "num_attention_heads";
    /// <summary>Null where the class has a constant.</summary>
    public string? EpsName { get; init; } = "layer_norm_eps";
    public double Eps { get; init; } = 1e-12;
    public string ActivationName { get; init; } = "hidden_act";
    public required int PadTokenId { get; init; }
}
