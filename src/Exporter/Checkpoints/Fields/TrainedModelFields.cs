using static XlLoraOnnx.Formats.ConfigField;

namespace XlLoraOnnx.Exporter;

/// <summary>Fields of config.json that transformers writes for every model (transformers, configuration_utils.py).</summary>
internal static class TrainedModelFields
{
    private const string Quantized = "export the checkpoint that has not been quantised";
    private const string Generation = "transformers 5 takes how to generate from generation_config.json alone: write it there";

    public static FieldTable EveryModel { get; } = new("config.json of every model",
    [
        Used("say what the model is", "architectures", "model_type"),
        Ignored("the folder's own code is never run; for a class that is not known the folder is refused", [], "auto_map"),
        Refused(Quantized, [], "quantization_config", "compression_config"),
        Refused("layers that differ from what the other fields say are not exported", ["{}"], "per_layer_config", "pruned_heads"),
        Neutral("bookkeeping", "transformers_version", "_name_or_path", "name_or_path", "_commit_hash", "transformers.js_config",
            "unsloth_version", "unsloth_fixed", "is_llama_config", "tokenizer_class", "language"),
        Neutral("how a library loads and runs the model, and what it hands out", "_attn_implementation", "attn_implementation",
            "_attn_implementation_internal", "_attn_implementation_autoset", "experts_implementation", "use_cache", "output_attentions",
            "output_hidden_states", "output_past", "return_dict", "return_dict_in_generate", "torchscript", "use_bfloat16",
            "chunk_size_feed_forward", "add_pooling_layer", "pretraining_tp", "tf_legacy_loss"),
        Neutral("training alone", "initializer_range", "gradient_checkpointing", "attention_dropout", "hidden_dropout_prob",
            "attention_probs_dropout_prob", "dropout"),
        Neutral("of heads and decoders that are not exported", "id2label", "label2id", "num_labels", "problem_type", "finetuning_task",
            "classifier_dropout", "cross_attention_hidden_size", "tie_encoder_decoder"),
        Neutral("ids come from tokenizer.json", "sep_token_id", "cls_token_id", "mask_token_id", "unk_token_id"),
        Ignored("a text before every prompt is the caller's to give", ["\"\""], "prefix"),
        Ignored("of a cross-encoder, which gives a score and no vector", [], "sentence_transformers"),
    ]);

    /// <summary>Of an encoder or a decoder that is not half of a pair.</summary>
    public static FieldTable OneStack { get; } = new("config.json of models that are an encoder or a decoder",
    [
        Refused("of a model of both, neither half is exported", ["false"], "is_encoder_decoder"),
        Neutral("of decoders that an encoder stands before", "decoder_start_token_id"),
    ]);

    public static FieldTable Sizes { get; } = new("config.json: sizes",
    [
        Used("the shape of the graph", "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
            "max_position_embeddings"),
        Refused("a text model within another is exported of Gemma 3 alone", [], "text_config"),
    ]);

    /// <summary>How to generate, which config.json had before generation_config.json was.</summary>
    public static FieldTable Sampling { get; } = new("config.json: how to generate",
    [
        Ignored(Generation, ["false"], "do_sample", "early_stopping"),
        Ignored(Generation, ["0"], "min_length", "diversity_penalty", "no_repeat_ngram_size", "encoder_no_repeat_ngram_size"),
        Ignored(Generation, ["1"], "num_beams", "num_beam_groups", "num_return_sequences", "temperature", "top_p", "typical_p",
            "repetition_penalty", "length_penalty"),
        Ignored(Generation, ["20"], "max_length"),
        Ignored(Generation, ["50"], "top_k"),
        Ignored(Generation, [], "bad_words_ids", "suppress_tokens", "begin_suppress_tokens", "forced_bos_token_id", "forced_eos_token_id",
            "exponential_decay_length_penalty"),
        Ignored(Generation, ["{}"], "task_specific_params"),
        Neutral("the tokens are the same", "remove_invalid_values", "output_scores"),
    ]);

    /// <summary>Of one kind of rotary embedding (transformers, modeling_rope_utils.py).</summary>
    public static FieldTable Rope { get; } = new("rope_parameters, rope_scaling",
    [
        Used("`default` and `linear`, of Llama also `llama3`; others are refused", "rope_type", "type"),
        Used("the frequencies", "rope_theta", "factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"),
        Refused("only whole heads are rotated", ["1"], "partial_rotary_factor"),
        Ignored("no type of RoPE that is exported reads it", [], "attention_factor", "beta_fast", "beta_slow", "short_factor",
            "long_factor", "mscale", "mscale_all_dim", "truncate"),
    ]);
}
