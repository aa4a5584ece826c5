namespace XlLoraOnnx.Exporter.Tests;

/// <summary>Fields that the libraries write, by the classes that have them: each is in its list.</summary>
[TestClass]
public sealed class WrittenFieldTests
{
    /// <summary>transformers 5, configuration_utils.py; what its to_dict leaves in.</summary>
    private const string EveryConfig =
        "transformers_version architectures model_type output_hidden_states return_dict dtype chunk_size_feed_forward is_encoder_decoder "
        + "id2label label2id problem_type num_labels output_attentions _name_or_path per_layer_config quantization_config auto_map";

    private const string Decoder =
        " vocab_size hidden_size intermediate_size num_hidden_layers num_attention_heads num_key_value_heads head_dim "
        + "max_position_embeddings initializer_range rms_norm_eps use_cache pad_token_id bos_token_id eos_token_id tie_word_embeddings "
        + "rope_parameters attention_bias attention_dropout";

    private const string Gemma =
        " hidden_activation query_pre_attn_scalar sliding_window layer_types final_logit_softcapping attn_logit_softcapping "
        + "use_bidirectional_attention cache_implementation";

    private const string Encoder =
        " vocab_size hidden_size num_hidden_layers num_attention_heads intermediate_size max_position_embeddings initializer_range "
        + "pad_token_id bos_token_id eos_token_id tie_word_embeddings classifier_dropout";

    /// <summary>transformers 5, models/*/configuration_*.py; and fields of their 4.x classes.</summary>
    [TestMethod]
    [DataRow("llama", Decoder + " hidden_act pretraining_tp mlp_bias rope_theta rope_scaling")]
    [DataRow("gemma2", Decoder + Gemma)]
    [DataRow("gemma3", Decoder + Gemma + " _sliding_window_pattern sliding_window_pattern rope_local_base_freq rope_theta rope_scaling")]
    [DataRow("bert", Encoder + " hidden_act hidden_dropout_prob attention_probs_dropout_prob type_vocab_size layer_norm_eps use_cache "
        + "is_decoder add_cross_attention position_embedding_type")]
    [DataRow("xlm-roberta", Encoder + " hidden_act hidden_dropout_prob attention_probs_dropout_prob type_vocab_size layer_norm_eps "
        + "use_cache is_decoder add_cross_attention position_embedding_type")]
    [DataRow("modernbert", Encoder + " hidden_activation initializer_cutoff_factor norm_eps norm_bias cls_token_id sep_token_id "
        + "attention_bias attention_dropout layer_types rope_parameters local_attention embedding_dropout mlp_bias mlp_dropout "
        + "decoder_bias classifier_pooling classifier_bias classifier_activation deterministic_flash_attn sparse_prediction "
        + "sparse_pred_ignore_index reference_compile global_attn_every_n_layers global_rope_theta local_rope_theta sliding_window")]
    [DataRow("m2m_100", " vocab_size max_position_embeddings encoder_layers encoder_ffn_dim encoder_attention_heads decoder_layers "
        + "decoder_ffn_dim decoder_attention_heads encoder_layerdrop decoder_layerdrop use_cache activation_function d_model dropout "
        + "attention_dropout activation_dropout init_std decoder_start_token_id scale_embedding pad_token_id bos_token_id eos_token_id "
        + "num_hidden_layers tie_word_embeddings max_length num_beams early_stopping")]
    public void ConfigJson_OfEachFamily_IsKnown(string family, string fields) =>
        AssertKnown(CheckpointNotices.Families[family], EveryConfig + fields);

    [TestMethod]
    public void ConfigJson_AroundAGemma3_IsKnown() => AssertKnown(DecoderFields.Gemma3Whole, EveryConfig
        + " text_config vision_config mm_tokens_per_image boi_token_index eoi_token_index image_token_index initializer_range "
        + "tie_word_embeddings eos_token_id");

    /// <summary>transformers 5, generation/configuration_utils.py, and what 4.x had beside it.</summary>
    [TestMethod]
    public void GenerationConfig_IsKnown()
    {
        AssertKnown(GenerationFields.All,
            "max_length max_new_tokens min_length min_new_tokens early_stopping max_time stop_strings do_sample num_beams num_beam_groups "
            + "penalty_alpha dola_layers use_cache cache_implementation cache_config return_legacy_cache prefill_chunk_size temperature "
            + "top_k top_p top_h min_p typical_p epsilon_cutoff eta_cutoff diversity_penalty repetition_penalty "
            + "encoder_repetition_penalty length_penalty no_repeat_ngram_size bad_words_ids force_words_ids renormalize_logits "
            + "constraints forced_bos_token_id forced_eos_token_id remove_invalid_values exponential_decay_length_penalty "
            + "suppress_tokens begin_suppress_tokens forced_decoder_ids sequence_bias token_healing guidance_scale low_memory "
            + "watermarking_config num_return_sequences output_attentions output_hidden_states output_scores output_logits "
            + "return_dict_in_generate pad_token_id bos_token_id eos_token_id encoder_no_repeat_ngram_size decoder_start_token_id "
            + "is_assistant num_assistant_tokens num_assistant_tokens_schedule assistant_confidence_threshold prompt_lookup_num_tokens "
            + "max_matching_ngram_size assistant_early_exit assistant_lookbehind target_lookbehind compile_config disable_compile "
            + "transformers_version");
    }

    /// <summary>PEFT 0.20, config.py and tuners/lora/config.py.</summary>
    [TestMethod]
    public void AdapterConfig_OfLora_IsKnown() => AssertKnown(PeftSettings.Fields,
        "task_type peft_type auto_mapping peft_version base_model_name_or_path revision inference_mode r target_modules exclude_modules "
        + "lora_alpha lora_dropout fan_in_fan_out bias use_rslora modules_to_save init_lora_weights layers_to_transform layers_pattern "
        + "rank_pattern alpha_pattern megatron_config megatron_core trainable_token_indices loftq_config eva_config corda_config "
        + "lora_ga_config use_dora velora_config alora_invocation_tokens use_qalora qalora_group_size monteclora_config "
        + "layer_replication runtime_config lora_bias target_parameters use_bdlora arrow_config kasa_config ensure_weight_tying");

    /// <summary>sentence-transformers 5.0 to 6.0: base/model.py, sentence_transformer/model.py and the modules' config_keys.</summary>
    [TestMethod]
    public void SentenceTransformers_EachFile_IsKnown()
    {
        AssertKnown(SentenceFields.Module, "idx name path type kwargs");
        AssertKnown(SentenceFields.Settings, "__version__ model_type prompts default_prompt_name similarity_fn_name truncate_dim");
        AssertKnown(SentenceFields.Transformer, "max_seq_length do_lower_case transformer_task modality_config module_output_name "
            + "processing_kwargs unpad_inputs query_length document_length query_expansion model_args tokenizer_args config_args "
            + "model_kwargs processor_kwargs config_kwargs");
        AssertKnown(SentenceFields.Pooling, "embedding_dimension word_embedding_dimension pooling_mode include_prompt "
            + "pooling_mode_cls_token pooling_mode_mean_tokens pooling_mode_max_tokens pooling_mode_mean_sqrt_len_tokens "
            + "pooling_mode_weightedmean_tokens pooling_mode_lasttoken");
        AssertKnown(SentenceFields.Dense,
            "in_features out_features bias activation_function module_input_name module_output_name use_residual");
        AssertKnown(SentenceFields.Normalize, "module_input_name module_output_name");
    }

    private static void AssertKnown(ConfigFields list, string fields) =>
        Assert.AreEqual("", string.Join(", ", fields.Split(' ').Where(name => list.Find(name) is null)));
}
