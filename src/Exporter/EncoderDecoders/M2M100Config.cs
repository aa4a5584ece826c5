namespace XlLoraOnnx.Exporter;

/// <summary>
/// An M2M100 config.json, which NLLB-200 has too. Absent fields take the defaults of <c>M2M100Config</c> (transformers,
/// models/m2m_100/configuration_m2m_100.py).
/// </summary>
internal sealed record M2M100Config
{
    /// <summary>Rows of the sinusoidal table before that of the first token (the class's <c>offset</c>).</summary>
    public const int PositionOffset = 2;

    /// <summary>Of torch.nn.LayerNorm; config.json has no word for it.</summary>
    public const float LayerNormEps = 1e-5f;

    private const string Relu = "relu";

    public M2M100Config(ConfigReader config)
    {
        Path = config.Path;
        VocabSize = config.PositiveInt("vocab_size", 128112);
        HiddenSize = config.PositiveInt("d_model", 1024);
        MaxPositionEmbeddings = config.PositiveInt("max_position_embeddings", 1024);
        Encoder = Stack(config, "encoder");
        Decoder = Stack(config, "decoder");
        PadTokenId = config.Int("pad_token_id", 1);
        DecoderStartTokenId = config.Int("decoder_start_token_id", 2);
        ScaleEmbedding = config.Bool("scale_embedding", true);
        var refusals = new ConfigRefusals("M2M100");
        refusals.Refuse(EncoderDecoderFields.M2M100, config);
        refusals.Refuse((config.OptionalString("activation_function") ?? Relu) != Relu, config, "activation_function",
            $"only {Relu} is exported");
        refusals.Refuse(!config.Bool("is_encoder_decoder", true), config, "is_encoder_decoder", "the class has an encoder and a decoder");
        refusals.Refuse(!config.Bool("tie_word_embeddings", true), config, "tie_word_embeddings",
            "the embedding serves as the head, as the class ties them");
        foreach (var (id, name) in ((int, string)[])[(PadTokenId, "pad_token_id"), (DecoderStartTokenId, "decoder_start_token_id")])
            refusals.Refuse(id < 0 || id >= VocabSize, config, name, $"it must be from 0 to {VocabSize - 1}");
        refusals.Refuse(PadTokenId >= PositionOffset, config, "pad_token_id",
            $"positions are counted from it, and the class's table has {PositionOffset} rows for none, so that it must be 0 or 1");
        Check(refusals, config, Encoder, "encoder");
        Check(refusals, config, Decoder, "decoder");
        refusals.ThrowIfAny();
    }

    public string Path { get; }
    public int VocabSize { get; }
    /// <summary><c>d_model</c>.</summary>
    public int HiddenSize { get; }
    public int MaxPositionEmbeddings { get; }
    public M2M100Stack Encoder { get; }
    public M2M100Stack Decoder { get; }
    public int PadTokenId { get; }
    public int DecoderStartTokenId { get; }
    /// <summary>Whether embeddings are multiplied by √d_model.</summary>
    public bool ScaleEmbedding { get; }

    private static M2M100Stack Stack(ConfigReader config, string part) => new(
        config.PositiveInt(part + "_layers", 12), config.PositiveInt(part + "_attention_heads", 16),
        config.PositiveInt(part + "_ffn_dim", 4096));

    private void Check(ConfigRefusals refusals, ConfigReader config, M2M100Stack stack, string part)
    {
        const int OperatorWidth = 8, MaxLayers = 1024;
        refusals.Refuse(stack.Layers > MaxLayers, config, part + "_layers", $"up to {MaxLayers} layers are supported");
        refusals.Refuse(HiddenSize % stack.Heads != 0 || HiddenSize / stack.Heads % OperatorWidth != 0, config, part + "_attention_heads",
            $"d_model {HiddenSize} must be as many heads of a multiple of {OperatorWidth}");
    }
}

/// <param name="Intermediate">Width between fc1 and fc2.</param>
internal sealed record M2M100Stack(int Layers, int Heads, int Intermediate);
