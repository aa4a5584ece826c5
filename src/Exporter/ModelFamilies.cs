
namespace XlLoraOnnx.Exporter;

/// <summary>THE table: Hugging Face architecture → how its graph is built.</summary>
internal static class ModelFamilies
{
    private static readonly ExportPrecision[] Gemma =
        [ExportPrecision.Fp32, ExportPrecision.Bf16, ExportPrecision.Int8, ExportPrecision.Int8W, ExportPrecision.Int4, ExportPrecision.Nf4];

    private static readonly ExportPrecision[] Decoder = [.. Gemma, ExportPrecision.Fp16];

    private static readonly ExportPrecision[] Encoder =
        [ExportPrecision.Fp32, ExportPrecision.Fp16, ExportPrecision.Int8, ExportPrecision.Int8W, ExportPrecision.Int4, ExportPrecision.Nf4];

    private static readonly Dictionary<string, ModelFamily> Families = new()
    {
        ["Gemma2ForCausalLM"] = new(Gemma2.Plan, Gemma),
        ["Gemma3ForCausalLM"] = new(Gemma3.Plan, Gemma),
        ["Gemma3ForConditionalGeneration"] = new(Gemma3.Plan, Gemma),
        ["LlamaForCausalLM"] = new(Llama.Plan, Decoder),
        ["Gemma2Model"] = new(WithoutHead(Gemma2.Plan), Gemma),
        ["Gemma3TextModel"] = new(WithoutHead(Gemma3.Plan), Gemma),
        ["LlamaModel"] = new(WithoutHead(Llama.Plan), Decoder),
        ["M2M100ForConditionalGeneration"] = new(M2M100.Plan, Encoder),
        ["BertModel"] = new(Bert.Plan, Encoder),
        ["BertForMaskedLM"] = new(Bert.Plan, Encoder),
        ["BertForPreTraining"] = new(Bert.Plan, Encoder),
        ["DistilBertModel"] = new(DistilBert.Plan, Encoder),
        ["DistilBertForMaskedLM"] = new(DistilBert.Plan, Encoder),
        ["RobertaModel"] = new(XlmRoberta.Plan, Encoder),
        ["RobertaForMaskedLM"] = new(XlmRoberta.Plan, Encoder),
        ["RobertaForCL"] = new(XlmRoberta.Plan, Encoder),
        ["XLMRobertaModel"] = new(XlmRoberta.Plan, Encoder),
        ["XLMRobertaForMaskedLM"] = new(XlmRoberta.Plan, Encoder),
        ["ModernBertModel"] = new(ModernBert.Plan, Encoder),
        ["ModernBertForMaskedLM"] = new(ModernBert.Plan, Encoder),
        ["ModernBertForCL"] = new(ModernBert.Plan, Encoder),
    };

    // what AutoModel makes of a model_type (transformers, models/auto/modeling_auto.py)
    private static readonly Dictionary<string, string> AutoModels = new()
    {
        ["gemma2"] = "Gemma2Model",
        ["gemma3"] = "Gemma3ForConditionalGeneration",
        ["gemma3_text"] = "Gemma3TextModel",
        ["llama"] = "LlamaModel",
        ["bert"] = "BertModel",
        ["distilbert"] = "DistilBertModel",
        ["roberta"] = "RobertaModel",
        ["xlm-roberta"] = "XLMRobertaModel",
        ["modernbert"] = "ModernBertModel",
    };

    // classes of transformers that give something else than vectors or the next token
    private static readonly string[] OtherTasks =
        ["Classification", "QuestionAnswering", "MultipleChoice", "NextSentencePrediction", "LMHeadModel"];

    public static string Supported => string.Join(", ", Families.Keys);

    /// <summary>The class that AutoModel makes of a <c>model_type</c>: the model without any head.</summary>
    /// <exception cref="NotSupportedException">It is none of those that are exported.</exception>
    public static string AutoModel(string modelType) => AutoModels.TryGetValue(modelType, out var name) ? name
        : throw new NotSupportedException(
            $"model_type is \"{modelType}\"; AutoModel is known for {string.Join(", ", AutoModels.Keys)}. Correct it in config.json.");

    /// <summary>By the class in <c>architectures</c>; by <c>model_type</c> where there is none, or one of somebody's own.</summary>
    /// <param name="writes">Whether a class of somebody's own writes text, with a head on the model that AutoModel makes.</param>
    public static (string Architecture, PlanModel Plan) Find(ConfigReader config, ExportPrecision precision, bool writes = false)
    {
        var architectures = config.OptionalStrings("architectures") ?? [];
        var architecture = architectures.Count == 1 ? architectures[0] : null;
        if (architecture is not null && Families.TryGetValue(architecture, out var family))
        {
            CheckPrecision(architecture, family, precision);
            CheckSizes(config.OptionalObject("text_config") ?? config);
            return (architecture, family.Plan);
        }
        var name = architectures.Count <= 1 ? ByModelType(config, architecture) : null;
        if (writes && name is not null && Families.ContainsKey(WithHead(name)))
            name = WithHead(name);
        if (name is null)
            throw new NotSupportedException(
                $"'{config.Path}': architectures is [{string.Join(", ", architectures)}]; supported are {Supported}, and classes of "
                + $"somebody's own over the model_type {string.Join(", ", AutoModels.Keys)}; {config.Describe("model_type")}.");
        CheckPrecision(architecture ?? name, Families[name], precision);
        CheckSizes(config.OptionalObject("text_config") ?? config);
        return (architecture ?? name, writes ? Families[name].Plan : OfItsWeights(Families[name].Plan));
    }

    /// <summary>As AutoModel, which leaves out what a class adds; a class whose code comes with the folder may do anything.</summary>
    private static string? ByModelType(ConfigReader config, string? architecture)
    {
        if (architecture is not null && OtherTasks.Any(task => architecture.EndsWith(task, StringComparison.Ordinal)))
            return null;
        if (config.OptionalString("model_type") is not { } type || !AutoModels.TryGetValue(type, out var name))
            return null;
        return !config.Has("auto_map") ? name : throw new NotSupportedException(
            $"{config.Describe("auto_map")}: the folder brings code of its own for {architecture ?? "the model"}, which may compute "
            + "anything. If it is a plain model after all, remove auto_map from a copy of config.json.");
    }

    /// <summary>The class with a head for the next token that goes with one without.</summary>
    private static string WithHead(string name) =>
        name.EndsWith("Model", StringComparison.Ordinal) ? name[..^"Model".Length] + "ForCausalLM" : name;

    private static void CheckPrecision(string architecture, ModelFamily family, ExportPrecision precision)
    {
        if (family.Precisions.Contains(precision))
            return;
        var reason = precision == ExportPrecision.Fp16
            ? "its activations leave the range of float16; bf16 has it"
            : "the fused attention of encoders has no bfloat16; fp16 is exact enough for them";
        throw new NotSupportedException(
            $"{architecture} cannot be exported in {precision.Name()}: {reason}. Supported are "
            + $"{string.Join(", ", family.Precisions.Select(p => p.Name()))}.");
    }

    /// <summary>Decoders that were saved without a head give vectors and no text.</summary>
    private static PlanModel WithoutHead(PlanModel plan) => (config, weights, formats, options) =>
        plan(config, weights, formats, options with { VectorsAlone = true });

    /// <summary>Of a class that does not say whether it has a head.</summary>
    private static PlanModel OfItsWeights(PlanModel plan) => (config, weights, formats, options) =>
        plan(config, weights, formats, options with { VectorsAlone = !weights.Contains(WeightFormats.Head + ".weight") });

    /// <summary>What costs memory before the first tensor is looked up: layers, and the rotary frequencies of a head.</summary>
    private static void CheckSizes(ConfigReader text)
    {
        // the largest published models have 126 layers, heads of 512 and rows of 16,384
        CheckSize("num_hidden_layers", 1024, "layers are supported");
        CheckSize("head_dim", 1 << 16, "is supported");
        CheckSize("hidden_size", 1 << 20, "is supported");

        void CheckSize(string name, int most, string what)
        {
            if (text.Int(name, 0) > most)
                throw new NotSupportedException($"{text.Describe(name)}; up to {most} {what}.");
        }
    }
}

/// <param name="Precisions">In which it can be exported.</param>
internal sealed record ModelFamily(PlanModel Plan, IReadOnlyList<ExportPrecision> Precisions);

internal delegate ModelPlan PlanModel(ConfigReader config, TextWeights weights, WeightFormats formats, ExportOptions options);

/// <summary>What a family makes of a checkpoint: names and shapes only, no weight has been read.</summary>
internal sealed record ModelPlan
{
    public required string Family { get; init; }
    /// <summary>The text part's <c>model_type</c>.</summary>
    public required string ModelType { get; init; }
    /// <summary><c>model.type</c> of genai_config.json; null for an encoder.</summary>
    public string? GenAiType { get; init; }
    public required ExportPrecision Precision { get; init; }
    /// <summary>By role, over the same data file; <c>model.onnx</c> is always among them.</summary>
    public required IReadOnlyDictionary<string, OnnxGraph> Graphs { get; init; }
    public required ModelDimensions Dimensions { get; init; }
    /// <summary>Null for an encoder that was none before.</summary>
    public EmbeddingScale? EmbeddingScale { get; init; }
    /// <summary>Keys and values that the graphs keep, in graph order; none where they give vectors.</summary>
    public IReadOnlyList<CacheEntry> Caches { get; init; } = [];
    public required IReadOnlyList<LoraSlot> LoraSlots { get; init; }
    /// <summary>Of a model with an encoder and a decoder; null for any other.</summary>
    public TranslationFacts? Translation { get; init; }
    /// <summary>Null for an encoder that was none before.</summary>
    public TokenDefaults? Tokens { get; init; }
    /// <summary>What somebody should know who looks at config.json alone.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];
    /// <summary>Null where the model generates text.</summary>
    public EncoderFacts? Encoder { get; init; }
    /// <summary>Type of activations, caches and LoRA factors.</summary>
    public OnnxType ActivationType => Precision.ActivationType();
}

/// <summary>How many positions an export serves.</summary>
internal static class ContextLengths
{
    /// <summary>What an export serves unless asked for more: longer caches cost memory in every generator.</summary>
    public const int Default = 8192;

    public static int Choose(int? requested, int maxPositionEmbeddings, string configPath)
    {
        if (requested is not { } length)
            return Math.Min(maxPositionEmbeddings, Default);
        if (length < 1 || length > maxPositionEmbeddings)
            throw new ArgumentOutOfRangeException(nameof(requested), length,
                $"The context length must be from 1 to {maxPositionEmbeddings}, the max_position_embeddings of '{configPath}'.");
        return length;
    }
}
