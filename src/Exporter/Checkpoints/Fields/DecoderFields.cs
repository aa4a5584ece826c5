using static XlLoraOnnx.Formats.ConfigField;

namespace XlLoraOnnx.Exporter;

/// <summary>Every field of a decoder's config.json (transformers, models/llama, gemma2 and gemma3, configuration_*.py).</summary>
internal static class DecoderFields
{
    private const string File = "config.json";
    private const string Bias = "projections with a bias are not exported";
    private const string NotOfLlama = "transformers' Llama does not read it";

    private static readonly ConfigFields Rope = new(File, TrainedModelFields.Rope);

    /// <summary>Of the whole and of its part.</summary>
    private static readonly FieldTable[] EveryModel =
    [
        TrainedModelFields.EveryModel, TrainedModelFields.OneStack, TrainedModelFields.Sampling,
        new("config.json of decoders: tokens and weights",
        [
            Used("ids that generation begins and ends with; generation_config.json goes first", "bos_token_id", "eos_token_id",
                "pad_token_id"),
            Used("whether the head is the embedding", "tie_word_embeddings"),
            Used("of Gemma: whether the factor on the embeddings is rounded", "dtype", "torch_dtype"),
        ]),
    ];

    private static readonly FieldTable[] Text = [.. EveryModel, TrainedModelFields.Sizes,
        new("config.json of decoders",
        [
            Used("the shape of the graph", "num_key_value_heads", "head_dim", "rms_norm_eps"),
            Used("false: attention goes both ways, and the model gives vectors", "is_causal"),
            Used("the frequencies", "rope_theta"),
            Refused(Bias, ["false"], "attention_bias"),
            Refused("only whole heads are rotated", ["1"], "partial_rotary_factor"),
            Refused("decoders of their own are exported", ["false"], "add_cross_attention"),
            Neutral("all decoders are exported as such", "is_decoder"),
        ]),
    ];

    private static readonly FieldTable Gemma = new("config.json of Gemma",
    [
        Used("`gelu_pytorch_tanh` alone, others are refused", "hidden_activation"),
        Neutral("`hidden_activation` counts", "hidden_act"),
        Used("the scale of attention", "query_pre_attn_scalar"),
        Used("which layers have a window, and its width", "sliding_window", "layer_types"),
        Neutral("caches are as the graphs have them", "cache_implementation"),
    ]);

    public static ConfigFields Llama { get; } = new(File, [.. Text, new("config.json of Llama",
    [
        Used("`silu` alone, others are refused", "hidden_act"),
        Used("the frequencies", Rope, "rope_scaling", "rope_parameters"),
        Refused(Bias, ["false"], "mlp_bias"),
        Ignored(NotOfLlama, ["false"], "use_bidirectional_attention", "use_sliding_window", "rope_interleaved"),
        Ignored(NotOfLlama, [], "sliding_window", "layer_types", "max_window_layers", "attn_logit_softcapping", "final_logit_softcapping",
            "query_pre_attn_scalar", "hidden_activation"),
    ])]);

    public static ConfigFields Gemma2 { get; } = new(File, [.. Text, Gemma, new("config.json of Gemma 2",
    [
        Used("the frequencies", Rope, "rope_scaling", "rope_parameters"),
        Used("the softcaps; null for none", "attn_logit_softcapping", "final_logit_softcapping"),
        Refused("transformers leaves the mask of Gemma 2 causal all the same; is_causal: false says what is meant", ["false"],
            "use_bidirectional_attention"),
    ])]);

    public static ConfigFields Gemma3 { get; } = new(File, [.. Text, Gemma, new("config.json of Gemma 3, or its text_config",
    [
        Used("the frequencies of the global layers", Rope, "rope_scaling"),
        Used("the frequencies, of both kinds of layers or of the global ones", new ConfigFields(File,
            new FieldTable("rope_parameters by kind of layer",
                [Used("the frequencies of the layers of that kind", Rope, "full_attention", "sliding_attention")]),
            TrainedModelFields.Rope), "rope_parameters"),
        Used("the frequencies of the layers with a window", "rope_local_base_freq"),
        Used("which layers have a window, where layer_types is absent", "sliding_window_pattern", "_sliding_window_pattern"),
        Used("true: attention goes both ways, and the model gives vectors", "use_bidirectional_attention"),
        Refused("Gemma 3 is exported without softcaps", [], "attn_logit_softcapping", "final_logit_softcapping"),
    ])]);

    /// <summary>Of the whole, where the text model is a part of it.</summary>
    public static ConfigFields Gemma3Whole { get; } = new(File, [.. EveryModel, new("config.json around a text_config",
    [
        Used("the text model", "text_config"),
        Refused("transformers reads it in text_config alone; write it there", [], "is_causal"),
        Neutral("images are not exported", "vision_config", "mm_tokens_per_image", "boi_token_index", "eoi_token_index",
            "image_token_index", "boi_token_id", "eoi_token_id", "image_token_id"),
    ])]);
}
