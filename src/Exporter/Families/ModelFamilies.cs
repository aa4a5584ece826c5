using XlLoraOnnx.Formats;

namespace XlLoraOnnx.Exporter;

/// <summary>THE table: Hugging Face architecture → how its graph is built.</summary>
internal static class ModelFamilies
{
    private static readonly Dictionary<string, PlanModel> Families = new()
    {
        ["Gemma3ForCausalLM"] = Gemma3.Plan,
        ["Gemma3ForConditionalGeneration"] = Gemma3.Plan,
    };

    public static string Supported => string.Join(", ", Families.Keys);

    public static (string Architecture, PlanModel Plan) Find(ConfigReader config)
    {
        var architectures = config.OptionalStrings("architectures") ?? [];
        var architecture = architectures.Count == 1 ? architectures[0] : null;
        if (architecture is not null && Families.TryGetValue(architecture, out var plan))
            return (architecture, plan);
        throw new NotSupportedException(
            $"'{config.Path}': architectures is [{string.Join(", ", architectures)}]; supported are {Supported}.");
    }
}

/// <param name="contextLength">Rows of the rotary caches; null for the default.</param>
internal delegate ModelPlan PlanModel(ConfigReader config, TextWeights weights, WeightFormats formats, int? contextLength);

/// <summary>What a family makes of a checkpoint: names and shapes only, no weight has been read.</summary>
internal sealed record ModelPlan
{
    public required string Family { get; init; }
    /// <summary>The text part's <c>model_type</c>.</summary>
    public required string ModelType { get; init; }
    /// <summary><c>model.type</c> of genai_config.json.</summary>
    public required string GenAiType { get; init; }
    public required OnnxGraph Graph { get; init; }
    public required ModelDimensions Dimensions { get; init; }
    public required EmbeddingScale EmbeddingScale { get; init; }
    public required IReadOnlyList<LoraSlot> LoraSlots { get; init; }
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
