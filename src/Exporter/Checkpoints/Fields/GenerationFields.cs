using static XlLoraOnnx.Formats.ConfigField;

namespace XlLoraOnnx.Exporter;

/// <summary>Every field of generation_config.json (transformers, generation/configuration_utils.py).</summary>
internal static class GenerationFields
{
    private const string NotDone = "the engines do not do it";
    private const string Beams = "one answer is drawn token by token, without beams";
    private const string Length = "each request says how long its answer may be";

    public static ConfigFields All { get; } = new("generation_config.json", new FieldTable("generation_config.json",
    [
        Used("ids that generation begins and ends with", "bos_token_id", "eos_token_id", "pad_token_id"),
        Used("how tokens are drawn", "do_sample", "temperature", "top_k", "top_p", "repetition_penalty"),
        Ignored(NotDone, ["1"], "typical_p", "encoder_repetition_penalty"),
        Ignored(NotDone, ["0"], "min_p", "top_h", "epsilon_cutoff", "eta_cutoff", "no_repeat_ngram_size", "encoder_no_repeat_ngram_size",
            "penalty_alpha", "min_length", "min_new_tokens"),
        Ignored(NotDone, ["false"], "token_healing", "remove_invalid_values", "renormalize_logits", "is_assistant"),
        Ignored(NotDone, [], "stop_strings", "max_time", "bad_words_ids", "force_words_ids", "constraints", "forced_bos_token_id",
            "forced_eos_token_id", "exponential_decay_length_penalty", "suppress_tokens", "begin_suppress_tokens", "forced_decoder_ids",
            "sequence_bias", "guidance_scale", "watermarking_config", "dola_layers", "decoder_start_token_id"),
        Ignored(Beams, ["1"], "num_beams", "num_beam_groups", "num_return_sequences", "length_penalty"),
        Ignored(Beams, ["0"], "diversity_penalty"),
        Ignored(Beams, ["false"], "early_stopping"),
        Neutral(Length, "max_length", "max_new_tokens"),
        Neutral("how a library computes it, and what it hands out", "use_cache", "cache_implementation", "cache_config",
            "return_legacy_cache", "prefill_chunk_size", "low_memory", "compile_config", "disable_compile", "continuous_batching_config",
            "output_attentions", "output_hidden_states", "output_scores", "output_logits", "return_dict_in_generate",
            "generation_kwargs"),
        Neutral("drafts by another model change no answer", "num_assistant_tokens", "num_assistant_tokens_schedule",
            "assistant_confidence_threshold", "prompt_lookup_num_tokens", "max_matching_ngram_size", "assistant_early_exit",
            "assistant_lookbehind", "target_lookbehind", "assistant_ensemble_weight", "speculation_type"),
        Neutral("bookkeeping", "transformers_version", "_from_model_config", "_commit_hash", "_original_object_hash", "trust_remote_code"),
    ]));
}
