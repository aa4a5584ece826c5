using Microsoft.Extensions.Logging;

namespace XlLoraOnnx.Runtime;

/// <summary>How a model folder is loaded.</summary>
/// <remarks>
/// Loading takes a copy: what is set afterwards changes nothing. Services set the options with <c>services.Configure</c>, or bind them to a
/// section of their configuration.
/// </remarks>
public sealed record XlLoraModelOptions
{
    /// <summary>Folder of <c>AddXlLoraModel</c> where that names none; <see cref="XlLoraModel.Load"/> ignores it.</summary>
    public string? Folder { get; set; }

    /// <summary>What runs the model; <see cref="XlLoraModel.Engine"/> says what was chosen and why.</summary>
    public TextEngine Engine { get; set; }

    /// <summary>ONNX Runtime GenAI, from the package XlLoraOnnx.Runtime.GenAI (<c>GenAiTextGeneratorFactory</c>); null: not here.</summary>
    public ITextGeneratorFactory? GenAi { get; set; }

    /// <summary>Rows that run together on ONNX Runtime GenAI, 1 to 32 (the most that it takes).</summary>
    public int BatchSize { get; set; } = 32;

    /// <summary>Where to run: <c>cpu</c>, <c>cuda:0</c>, …; null for the CPU. ONNX Runtime GenAI takes <c>cpu</c> only.</summary>
    public IReadOnlyList<string>? Devices { get; set; }

    /// <summary>Rows that run together on one device of the continuous engine; null for what its memory allows.</summary>
    public int? Slots { get; set; }

    /// <summary>Most adapters that the continuous engine keeps in the memory of a device; at least 1.</summary>
    public int MaxResidentAdapters { get; set; } = 4;

    /// <summary>Most bytes of those adapters together, as a device holds them; null for no limit. The least recently used go
    /// first.</summary>
    /// <remarks>An adapter has as many ranks in every module as in its largest: rank × (features in + features out) of all modules of the
    /// model, in the type of <c>lora_dtype</c>. One that is larger alone is an error.</remarks>
    public long? MaxAdapterBytes { get; set; }

    /// <summary>Most prompt tokens that the continuous engine computes between two steps of running rows; at least 1.</summary>
    public int PrefillTokens { get; set; } = 256;

    /// <summary>
    /// Most tokens that the continuous engine looks up for a row that runs alone, in the row itself and in answers of the same adapter
    /// before it, and reads together with its last token: those that the row then chooses are steps saved. 0, which is off, to 64.
    /// </summary>
    /// <remarks>
    /// Prompt lookup decoding, speculative decoding without a draft model. Every token is still chosen from the model's logits, with the
    /// row's own random numbers; logits of several tokens read at once differ from those of single ones by the rounding of float32 alone.
    /// Not for models with an encoder, nor for ONNX Runtime GenAI.
    /// </remarks>
    public int PromptLookupTokens { get; set; }

    internal const int MostPromptLookupTokens = 64;

    /// <summary>Whether the continuous engine records its steps on CUDA devices as CUDA graphs and plays them; for short steps.</summary>
    /// <remarks>
    /// Not proven: it has not run on a GPU yet (tools/gpu/README.md says how). Each number of rows is recorded when it first comes,
    /// which takes the time of several steps, and device memory for as long as the model is loaded.
    /// </remarks>
    public bool CudaGraphs { get; set; }

    /// <summary>Beams that are searched for each row of a model with an encoder and a decoder; 1, greedy or sampled, up to 32.</summary>
    /// <remarks>Each takes the memory and the work of a row. Answers are the best hypotheses; sampling options count for nothing.</remarks>
    public int NumBeams { get; set; } = 1;

    /// <summary>Power of its length by which the score of a hypothesis is divided; above 0 for longer ones.</summary>
    public double LengthPenalty { get; set; } = 1;

    /// <summary>Whether a row ends as soon as it has as many hypotheses as beams, and not when no better one can be expected.</summary>
    public bool EarlyStopping { get; set; }

    /// <summary>
    /// Whether an adapter must change the logits of the recorded canary prompt when it is mounted; one that does not is an error.
    /// </summary>
    public bool Canary { get; set; } = true;

    /// <summary>Where the model logs what happens to it; null for nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>Whether logs and spans may hold prompts and answers, and messages that quote them.</summary>
    public bool EnableSensitiveData { get; set; }

    internal static IReadOnlyList<string> OnlyCpu { get; } = ["cpu"];

    /// <summary>Everything that keeps a model from being loaded with them.</summary>
    internal IEnumerable<OptionProblem> Problems()
    {
        if (!Enum.IsDefined(Engine))
            yield return new(nameof(Engine), Engine, $"it must be {string.Join(", ", Enum.GetNames<TextEngine>())}.");
        foreach (var problem in OptionProblem.OfDevices(Devices))
            yield return problem;
        if (Engine == TextEngine.GenAi && BatchSize is < 1 or > 32)
            yield return new(nameof(BatchSize), BatchSize, "ONNX Runtime GenAI takes 1 to 32 rows.");
        if (Slots < 1)
            yield return new(nameof(Slots), Slots, "it must be at least 1, or null for what the memory allows.");
        if (MaxResidentAdapters < 1)
            yield return new(nameof(MaxResidentAdapters), MaxResidentAdapters, "it must be at least 1.");
        if (MaxAdapterBytes < 1)
            yield return new(nameof(MaxAdapterBytes), MaxAdapterBytes, "it must be at least 1, or null for no limit.");
        if (NumBeams is < 1 or > 32)
            yield return new(nameof(NumBeams), NumBeams, "it must be from 1 to 32.");
        if (!double.IsFinite(LengthPenalty))
            yield return new(nameof(LengthPenalty), LengthPenalty, "it must be a number.");
        if (PromptLookupTokens is < 0 or > MostPromptLookupTokens)
            yield return new(nameof(PromptLookupTokens), PromptLookupTokens, $"it must be 0 (off) to {MostPromptLookupTokens}.");
        if (PrefillTokens < 1)
            yield return new(nameof(PrefillTokens), PrefillTokens, "it must be at least 1.");
    }
}
