using Microsoft.Extensions.Logging;

namespace XlLoraOnnx.Runtime;

/// <summary>How an encoder folder is loaded and its batches are made.</summary>
/// <remarks>
/// Loading takes a copy: what is set afterwards changes nothing. Services set the options with <c>services.Configure</c>, or bind them to a
/// section of their configuration.
/// </remarks>
public sealed record EmbeddingOptions
{
    /// <summary>Folder of <c>AddXlLoraEmbeddingGenerator</c> where that names none; <see cref="TextEmbedder.Load"/> ignores it.</summary>
    public string? Folder { get; set; }

    /// <summary>An adapter of the folder, for encoders that are made of a decoder; null for none.</summary>
    public string? Adapter { get; set; }

    /// <summary>
    /// Written before every text for which a call asks nothing else; empty for nothing, null for what the folder says (<see
    /// cref="TextEmbedder.Prompts"/>).
    /// </summary>
    public string? Prompt { get; set; }

    /// <summary>Name of one of the folder's prompts, in place of <see cref="Prompt"/>; null for none.</summary>
    public string? PromptName { get; set; }

    /// <summary>Longer texts are cut to this many tokens, special tokens included; null for what the folder allows.</summary>
    public int? MaxSequenceLength { get; set; }

    /// <summary>Most tokens of one batch, padding included; a longer text runs alone.</summary>
    public int TokensPerBatch { get; set; } = 512;

    /// <summary>Texts that are sorted by length together; two such windows are in memory at once.</summary>
    public int Window { get; set; } = 4096;

    /// <summary>
    /// <c>cpu</c>, <c>cuda:0</c>, …; null for the CPU. Batches go to whichever is free; named twice, a device has two sessions.
    /// </summary>
    public IReadOnlyList<string>? Devices { get; set; }

    /// <summary>
    /// Batches that run side by side on the CPU, over the same weights, with a thread each; null for one for each core. That is the
    /// fastest way through many texts; 1 gives a single text all cores.
    /// </summary>
    public int? CpuBatches { get; set; }

    /// <summary>Folder of vectors that were computed before; null for none. Models and processes may share one.</summary>
    public string? Cache { get; set; }

    /// <summary>Name of the model in evaluation results, metadata and telemetry; null for the name of the folder.</summary>
    public string? ModelName { get; set; }

    /// <summary>Where the embedder logs what happens to it, never a text; null for nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    internal static IReadOnlyList<string> OnlyCpu { get; } = ["cpu"];

    /// <summary>Everything that keeps an encoder from being loaded with them.</summary>
    internal IEnumerable<OptionProblem> Problems()
    {
        if (MaxSequenceLength < 1)
            yield return new(nameof(MaxSequenceLength), MaxSequenceLength, "it must be at least 1, or null for what the folder allows.");
        if (TokensPerBatch < 1)
            yield return new(nameof(TokensPerBatch), TokensPerBatch, "it must be at least 1.");
        if (Window < 1)
            yield return new(nameof(Window), Window, "it must be at least 1.");
        if (Prompt is not null && PromptName is not null)
            yield return new(nameof(PromptName), PromptName, "Prompt is given as well, and only one of them can stand before a text.");
        foreach (var problem in OptionProblem.OfDevices(Devices))
            yield return problem;
        if (CpuBatches < 1)
            yield return new(nameof(CpuBatches), CpuBatches, "it must be at least 1, or null for one for each core.");
    }
}
