using static XlLoraOnnx.Formats.ConfigField;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// Every field of an encoder's config.json (transformers, models/bert, models/distilbert, models/xlm_roberta and models/modernbert,
/// configuration_*.py).
/// </summary>
internal static class EncoderFields
{
    private const string File = "config.json";
    private const string Bias = "projections with a bias are not exported";

    private static readonly FieldTable[] OfAll =
    [
        TrainedModelFields.EveryModel, TrainedModelFields.OneStack, new("config.json of encoders",
    [
        Used("padding; of RoBERTa also where positions begin", "pad_token_id"),
        Refused(Bias, ["false"], "attention_bias"),
        Neutral("weights have types of their own", "dtype", "torch_dtype"),
        Neutral("of the head over words, which is not exported", "tie_word_embeddings"),
        Neutral("ids come from tokenizer.json", "bos_token_id", "eos_token_id"),
        Ignored("transformers' encoders share hidden_size among their heads", [], "head_dim"),
        Ignored("transformers' encoders see both ways, whatever it says", ["false"], "is_causal"),
        Neutral("no text is generated", [.. TrainedModelFields.Sampling.Fields.SelectMany(f => f.Names)]),
    ]),
    ];

    private static readonly FieldTable[] Common = [.. OfAll, TrainedModelFields.Sizes];

    /// <summary>And of RoBERTa and XLM-RoBERTa.</summary>
    public static ConfigFields Bert { get; } = new(File, [.. Common, new("config.json of BERT, RoBERTa and XLM-RoBERTa",
    [
        Used("the norms", "layer_norm_eps"),
        Used("`gelu`, its approximations, `relu` and `silu`; others are refused", "hidden_act"),
        Used("the table of token types; RoBERTa is exported with one", "type_vocab_size"),
        Refused("positions by distance are not exported", ["\"absolute\""], "position_embedding_type"),
        Refused("attention in both directions is exported", ["false"], "is_decoder"),
        Refused("encoders of their own are exported", ["false"], "add_cross_attention"),
        Neutral("the pooler is no part of a text's vector", "directionality", "pooler_fc_size", "pooler_num_attention_heads",
            "pooler_num_fc_layers", "pooler_size_per_head", "pooler_type"),
    ])]);

    public static ConfigFields DistilBert { get; } = new(File, [.. OfAll, new("config.json of DistilBERT",
    [
        Used("the shape of the graph", "vocab_size", "dim", "hidden_dim", "n_layers", "n_heads", "max_position_embeddings"),
        Used("as `hidden_act` of BERT", "activation"),
        Neutral("the checkpoint has the table of positions, however it was made", "sinusoidal_pos_embds"),
        Neutral("training alone", "qa_dropout", "seq_classif_dropout"),
        Neutral("the head over words is not exported", "tie_weights_"),
        Refused("DistilBERT's own names say it: `dim`, `hidden_dim`, `n_layers`, `n_heads`", [], "hidden_size", "intermediate_size",
            "num_hidden_layers", "num_attention_heads"),
        Refused("a text model within another is exported of Gemma 3 alone", [], "text_config"),
    ])]);

    public static ConfigFields ModernBert { get; } = new(File, [.. Common, new("config.json of ModernBERT",
    [
        Used("the norms", "norm_eps"),
        Used("as `hidden_act` of BERT", "hidden_activation"),
        Used("which layers have a window, and its width", "layer_types", "global_attn_every_n_layers", "local_attention"),
        Used("the frequencies", "global_rope_theta", "local_rope_theta"),
        Used("the frequencies, by kind of layer", new ConfigFields(File, new FieldTable("rope_parameters of ModernBERT",
        [
            Used("the frequencies of the layers of that kind", new ConfigFields(File, TrainedModelFields.Rope),
                "full_attention", "sliding_attention"),
            Refused("ModernBERT has it within full_attention and sliding_attention", [],
                [.. TrainedModelFields.Rope.Fields.SelectMany(f => f.Names)]),
        ])), "rope_parameters"),
        Refused("transformers 4 does not read it and transformers 5 scales by it; write what is meant to rope_parameters", ["{}"],
            "rope_scaling"),
        Used("half of `local_attention`; refused where it says otherwise", "sliding_window"),
        Refused(Bias, ["false"], "mlp_bias"),
        Refused("norms with a bias are not exported", ["false"], "norm_bias"),
        Neutral("training alone", "embedding_dropout", "mlp_dropout", "initializer_cutoff_factor"),
        Neutral("of heads that are not exported", "classifier_activation", "classifier_bias", "classifier_pooling", "decoder_bias",
            "sparse_prediction", "sparse_pred_ignore_index", "repad_logits_with_grad"),
        Neutral("how a library runs the model", "deterministic_flash_attn", "reference_compile"),
        Neutral("transformers' ModernBERT does not read it", "position_embedding_type", "layer_norm_eps", "hidden_act", "is_decoder",
            "add_cross_attention", "type_vocab_size"),
    ])]);
}
