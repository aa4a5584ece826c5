using System.Text.Json;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// The fields of generation_config.json by what becomes of them (transformers, generation/configuration_utils.py, 4 and 5). Those of no
/// list here are named where they say anything: what the file asks for and nobody does is never passed over.
/// </summary>
internal static class GenerationSettings
{
    /// <summary>Read by <see cref="GenerationConfig"/>.</summary>
    public static IReadOnlyList<string> Used { get; } =
    [
        "bos_token_id", "eos_token_id", "pad_token_id", "do_sample", "temperature", "top_k", "top_p", "min_p", "repetition_penalty",
    ];

    /// <summary>Who wrote the file, what is returned, how caches and drafts save work: the tokens are the same with any value.</summary>
    public static IReadOnlyList<string> WithoutEffect { get; } =
    [
        "transformers_version", "_from_model_config", "_commit_hash", "generation_kwargs",
        "use_cache", "cache_implementation", "cache_config", "max_cache_length", "return_legacy_cache", "low_memory", "prefill_chunk_size",
        "compile_config", "disable_compile", "continuous_batching_config", "attn_implementation",
        "output_attentions", "output_hidden_states", "output_scores", "output_logits", "return_dict_in_generate",
        "is_assistant", "num_assistant_tokens", "num_assistant_tokens_schedule", "assistant_confidence_threshold", "assistant_early_exit",
        "assistant_lookbehind", "target_lookbehind", "prompt_lookup_num_tokens", "max_matching_ngram_size", "use_mtp",
        // softmax normalises; numbers that are none are an error of ours
        "renormalize_logits", "remove_invalid_values",
        // of models with an encoder
        "decoder_start_token_id",
    ];

    /// <summary>Count where beams are searched, which <c>num_beams</c> says.</summary>
    public static IReadOnlyList<string> OfBeams { get; } = ["early_stopping", "length_penalty", "num_beam_groups", "diversity_penalty"];

    /// <summary>Numbers with which a field that is not applied says nothing; null, false and what is empty say nothing either.</summary>
    public static IReadOnlyDictionary<string, double> Neutral { get; } = new Dictionary<string, double>
    {
        ["max_length"] = 20,
        ["min_length"] = 0,
        ["min_new_tokens"] = 0,
        ["num_beams"] = 1,
        ["num_beam_groups"] = 1,
        ["num_return_sequences"] = 1,
        ["penalty_alpha"] = 0,
        ["typical_p"] = 1,
        ["epsilon_cutoff"] = 0,
        ["eta_cutoff"] = 0,
        ["diversity_penalty"] = 0,
        ["encoder_repetition_penalty"] = 1,
        ["length_penalty"] = 1,
        ["no_repeat_ngram_size"] = 0,
        ["encoder_no_repeat_ngram_size"] = 0,
        ["guidance_scale"] = 1,
    };

    /// <summary>What is not applied and not neutral, each with its value, in the order of the file.</summary>
    public static IReadOnlyList<string> Ignored(ConfigReader generation)
    {
        var beams = generation.Find("num_beams") is { } value && !IsNeutral("num_beams", value);
        return [.. generation.Names.Distinct()
            .Where(name => !Used.Contains(name) && !WithoutEffect.Contains(name) && (beams || !OfBeams.Contains(name)))
            .Where(name => generation.Find(name) is { } found && !IsNeutral(name, found))
            .Select(name => $"{name} {Shown(generation.Find(name)!.Value)}")];
    }

    private static bool IsNeutral(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        JsonValueKind.Number => Neutral.TryGetValue(name, out var neutral) && value.TryGetDouble(out var number) && number == neutral,
        _ => false,
    };

    private static string Shown(JsonElement value)
    {
        const int MaxShown = 60;
        var text = string.Join(' ', value.GetRawText().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length <= MaxShown ? text : text[..MaxShown] + "…";
    }
}
