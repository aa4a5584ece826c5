using System.Text.Json;

namespace XlLoraOnnx.Adapters;

/// <summary>
/// Every setting of PEFT's LoraConfig (0.18): used, harmless, or refused when it has a value. A setting that is not here and has a value
/// is refused too: it could change what the adapter computes.
/// </summary>
internal static class PeftSettings
{
    private static readonly HashSet<string> Used =
    [
        "peft_type", "r", "lora_alpha", "use_rslora", "rank_pattern", "alpha_pattern", "target_modules", "exclude_modules",
        "layers_to_transform", "layers_pattern", "bias", "init_lora_weights",
    ];

    // training, loading and bookkeeping: the factors in the file are what they are
    private static readonly HashSet<string> Harmless =
    [
        "auto_mapping", "base_model_name_or_path", "ensure_weight_tying", "eva_config", "inference_mode", "lora_dropout", "megatron_core",
        "peft_version", "qalora_group_size", "revision", "runtime_config", "task_type",
    ];

    private static readonly Dictionary<string, string> Refused = new()
    {
        ["use_dora"] = "DoRA rescales the whole weight, which two factors cannot",
        ["lora_bias"] = "factors with a bias are not supported",
        ["modules_to_save"] = "whole modules of the base were trained; only LoRA factors can be switched",
        ["trainable_token_indices"] = "rows of the embedding were trained; only LoRA factors can be switched",
        ["alora_invocation_tokens"] = "activated LoRA applies from an invocation sequence on, this runtime from the first token",
        ["layer_replication"] = "the base was given more layers than it has",
        ["use_qalora"] = "QA-LoRA pools the input of lora_A by groups",
        ["target_parameters"] = "LoRA on bare parameters is not supported",
        ["fan_in_fan_out"] = "the text model's linear layers are not stored transposed",
        ["arrow_config"] = "Arrow routes between several adapters by token",
        ["corda_config"] = "CorDA changes the base weights",
        ["loftq_config"] = "LoftQ changes the base weights",
        ["megatron_config"] = "Megatron's parallel layers are not supported",
    };

    private static readonly string[] HarmlessInitializations = ["gaussian", "eva", "orthogonal"];

    public static void Check(ConfigReader config, List<string> reasons)
    {
        foreach (var name in config.Names)
        {
            if (config.Find(name) is not { } value || Used.Contains(name) || Harmless.Contains(name) || !HasValue(value))
                continue;
            reasons.Add(Refused.TryGetValue(name, out var why)
                ? $"{config.Describe(name)}: {why}."
                : $"{config.Describe(name)}: this setting is unknown here and may change what the adapter computes.");
        }
        CheckBias(config, reasons);
        CheckInitialization(config, reasons);
    }

    private static void CheckBias(ConfigReader config, List<string> reasons)
    {
        if (config.Find("bias") is { } bias && !(bias.ValueKind == JsonValueKind.String && bias.GetString() is "none" or ""))
            reasons.Add($"{config.Describe("bias")}: only \"none\" is supported, because biases of the base cannot be switched.");
    }

    // PiSSA, OLoRA, CorDA and LoftQ move a part of the base into the factors, so they fit a base that is not this one
    private static void CheckInitialization(ConfigReader config, List<string> reasons)
    {
        if (config.Find("init_lora_weights") is not { } value || value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return;
        if (value.ValueKind == JsonValueKind.String && HarmlessInitializations.Contains(value.GetString()))
            return;
        reasons.Add($"{config.Describe("init_lora_weights")}: PiSSA, OLoRA, CorDA and LoftQ change the base too. Supported are true, "
            + $"false, {string.Join(", ", HarmlessInitializations)}. Convert the adapter to plain LoRA (PEFT: "
            + "path_initial_model_for_weight_conversion) or train with another initialisation.");
    }

    private static bool HasValue(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => false,
        JsonValueKind.Object => value.EnumerateObject().Any(),
        JsonValueKind.Array => value.GetArrayLength() > 0,
        JsonValueKind.String => value.GetString()!.Length > 0,
        _ => true,
    };
}
