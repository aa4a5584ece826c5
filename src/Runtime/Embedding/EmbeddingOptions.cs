namespace XlLoraOnnx.Runtime;

/// <summary>How an encoder folder is loaded and its batches are made.</summary>
public sealed record EmbeddingOptions
{
    /// <summary>An adapter of the folder, for encoders that are made of a decoder; null for none.</summary>
    public string? Adapter { get; init; }

    /// <summary>Longer texts are cut to this many tokens, special tokens included; null for what the folder allows.</summary>
    public int? MaxSequenceLength { get; init; }

    /// <summary>Most tokens of one batch, padding included; a longer text runs alone.</summary>
    public int TokensPerBatch { get; init; } = 512;

    /// <summary>Texts that are sorted by length together; two such windows are in memory at once.</summary>
    public int Window { get; init; } = 4096;

    /// <summary>
    /// <c>cpu</c>, <c>cuda:0</c>, …; batches go to whichever is free. Named twice, a device has two sessions.
    /// </summary>
    public IReadOnlyList<string> Devices { get; init; } = ["cpu"];

    /// <summary>
    /// Batches that run side by side on the CPU, over the same weights, with a thread each; null for one for each core. That is the
    /// fastest way through many texts; 1 gives a single text all cores.
    /// </summary>
    public int? CpuBatches { get; init; }

    /// <summary>Folder of vectors that were computed before; null for none. May be shared by models and processes.</summary>
    public string? Cache { get; init; }

    /// <summary>What evaluation results are filed under; null for the name of the folder.</summary>
    public string? ModelName { get; init; }
}
