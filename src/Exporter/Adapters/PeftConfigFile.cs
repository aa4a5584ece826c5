using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Exporter;

/// <summary>adapter_config.json of a LoRA adapter that is written here.</summary>
internal sealed record PeftConfigFile
{
    /// <summary>How JSON that people read is written, here and beside it.</summary>
    public static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What the adapter calls its base; null where nobody knows.</summary>
    public required string? BaseName { get; init; }

    public required int Rank { get; init; }

    public required double Alpha { get; init; }

    public double Dropout { get; init; }

    /// <summary>A list of names, or an expression.</summary>
    public required JsonNode TargetModules { get; init; }

    /// <summary>Path of a module → its rank, where that is another.</summary>
    public IReadOnlyDictionary<string, int> RankPattern { get; init; } = new Dictionary<string, int>();

    /// <summary>Modules that were trained whole; none for null.</summary>
    public IReadOnlyList<string>? ModulesToSave { get; init; }

    /// <summary>As PEFT calls it; null for a model that is none of PEFT's tasks.</summary>
    public string? TaskType { get; init; }

    public void Write(Stream stream)
    {
        using (var writer = new Utf8JsonWriter(stream, Indented))
            ToJson().WriteTo(writer);
        stream.WriteByte((byte)'\n');
    }

    /// <summary>Every field that PEFT 0.18 writes of a LoRA adapter, in its order (peft/config.py, tuners/lora/config.py).</summary>
    private JsonObject ToJson() => new()
    {
        ["alora_invocation_tokens"] = null,
        ["alpha_pattern"] = new JsonObject(),
        ["arrow_config"] = null,
        ["auto_mapping"] = null,
        ["base_model_name_or_path"] = BaseName,
        ["bias"] = "none",
        ["corda_config"] = null,
        ["ensure_weight_tying"] = false,
        ["eva_config"] = null,
        ["exclude_modules"] = null,
        ["fan_in_fan_out"] = false,
        ["inference_mode"] = true,
        ["init_lora_weights"] = true,
        ["layer_replication"] = null,
        ["layers_pattern"] = null,
        ["layers_to_transform"] = null,
        ["loftq_config"] = new JsonObject(),
        ["lora_alpha"] = Alpha,
        ["lora_bias"] = false,
        ["lora_dropout"] = Dropout,
        ["megatron_config"] = null,
        ["megatron_core"] = "megatron.core",
        ["modules_to_save"] = ModulesToSave is null ? null : new JsonArray([.. ModulesToSave.Select(m => (JsonNode)m)]),
        ["peft_type"] = "LORA",
        ["peft_version"] = "0.18.1",
        ["qalora_group_size"] = 16,
        ["r"] = Rank,
        ["rank_pattern"] = new JsonObject(RankPattern.Select(r => KeyValuePair.Create(r.Key, (JsonNode?)r.Value))),
        ["revision"] = null,
        ["target_modules"] = TargetModules,
        ["target_parameters"] = null,
        ["task_type"] = TaskType,
        ["trainable_token_indices"] = null,
        ["use_dora"] = false,
        ["use_qalora"] = false,
        ["use_rslora"] = false,
    };
}
