using System.Text.Json;
using static XlLoraOnnx.Formats.ConfigField;

namespace XlLoraOnnx.Adapters;

/// <summary>
/// Every field that PEFT 0.20 writes to adapter_config.json for LoRA (peft/config.py, tuners/lora/config.py). A field that is not here and
/// has a value is refused: it could change what the adapter computes.
/// </summary>
internal static class PeftSettings
{
    private const string Initialization = "init_lora_weights", Modules = "modules_to_save";

    private static readonly string[] Nothing = ["false", "{}", "[]", "\"\""];
    private static readonly string[] HarmlessInitializations = ["gaussian", "eva", "orthogonal"];

    public static ConfigFields Fields { get; } = new("adapter_config.json", new FieldTable("adapter_config.json",
    [
        Used("`LORA` alone, others are refused", "peft_type"),
        Used("ranks", "r", "rank_pattern"),
        Used("scales, which are folded into B", "lora_alpha", "alpha_pattern", "use_rslora"),
        Used("which modules have factors", "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern"),
        Used("`none` alone: biases of the base cannot be switched", "bias"),
        Used("true, false, `gaussian`, `eva` and `orthogonal`; others (PiSSA, OLoRA, CorDA, LoftQ, LoRA-GA) change the base: refused",
            Initialization),
        Refused("DoRA rescales the whole weight, which two factors cannot", Nothing, "use_dora"),
        Refused("factors with a bias are not supported", Nothing, "lora_bias"),
        Refused("whole modules of the base were trained; only LoRA factors can be switched", Nothing, Modules),
        Refused("rows of the embedding were trained; only LoRA factors can be switched", Nothing, "trainable_token_indices"),
        Refused("activated LoRA applies from an invocation sequence on, this runtime from the first token", Nothing,
            "alora_invocation_tokens"),
        Refused("the base was given more layers than it has", Nothing, "layer_replication"),
        Refused("QA-LoRA pools the input of lora_A by groups", Nothing, "use_qalora"),
        Refused("LoRA on bare parameters is not supported", Nothing, "target_parameters"),
        Refused("the text model's linear layers are not stored transposed", Nothing, "fan_in_fan_out"),
        Refused("Arrow routes between several adapters by token", Nothing, "arrow_config"),
        Refused("CorDA changes the base weights", Nothing, "corda_config"),
        Refused("LoftQ changes the base weights", Nothing, "loftq_config"),
        Refused("LoRA-GA changes the base weights", Nothing, "lora_ga_config"),
        Refused("KaSA changes the base weights and has a diagonal between the factors", Nothing, "kasa_config"),
        Refused("BD-LoRA's factors are blocks of a diagonal", Nothing, "use_bdlora"),
        Refused("MonteCLoRA draws factors at random", Nothing, "monteclora_config"),
        Refused("Megatron's parallel layers are not supported", Nothing, "megatron_config"),
        Neutral("training alone: the factors in the file are what they are", "lora_dropout", "eva_config", "velora_config",
            "ensure_weight_tying", "inference_mode", "runtime_config"),
        Neutral("counts with `use_qalora` alone", "qalora_group_size"),
        Neutral("counts with `megatron_config` alone", "megatron_core"),
        Neutral("bookkeeping; the names and shapes of the factors are checked against the base", "auto_mapping", "base_model_name_or_path",
            "peft_version", "revision", "task_type"),
    ]));

    /// <returns>Fields that are not known and say nothing, a sentence each.</returns>
    public static IReadOnlyList<string> Check(ConfigReader config, List<string> reasons, bool takesModules = false)
    {
        reasons.AddRange(Fields.Refusals(config).Where(r => !takesModules || r.Name != Modules).Select(r => r.Reason));
        foreach (var name in config.Names.Where(n => Fields.Find(n) is null && config.Find(n) is { } value && HasValue(value)))
            reasons.Add($"{config.Describe(name)}: this setting is unknown here and may change what the adapter computes.");
        CheckBias(config, reasons);
        CheckInitialization(config, reasons);
        return [.. Fields.Notices(config)];
    }

    private static void CheckBias(ConfigReader config, List<string> reasons)
    {
        if (config.Find("bias") is { } bias && !(bias.ValueKind == JsonValueKind.String && bias.GetString() is "none" or ""))
            reasons.Add($"{config.Describe("bias")}: only \"none\" is supported, because biases of the base cannot be switched.");
    }

    // PiSSA, OLoRA, CorDA and LoftQ move a part of the base into the factors, so they fit a base that is not this one
    private static void CheckInitialization(ConfigReader config, List<string> reasons)
    {
        if (config.Find(Initialization) is not { } value || value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return;
        if (value.ValueKind == JsonValueKind.String && HarmlessInitializations.Contains(value.GetString()))
            return;
        reasons.Add($"{config.Describe(Initialization)}: PiSSA, OLoRA, CorDA, LoftQ and LoRA-GA change the base too. Supported are true, "
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
