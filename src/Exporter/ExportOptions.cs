namespace XlLoraOnnx.Exporter;

/// <summary>How a checkpoint is exported.</summary>
public sealed record ExportOptions
{
    /// <summary>Adapter name → PEFT folder.</summary>
    public IReadOnlyDictionary<string, string> Adapters { get; init; } = new Dictionary<string, string>();

    /// <summary>Longest prompt plus answer in tokens; by default max_position_embeddings, but at most 8192.</summary>
    /// <remarks>The rows of the rotary caches. Each generator's memory grows with it.</remarks>
    public int? ContextLength { get; init; }
}

/// <summary>Where an export stands.</summary>
/// <param name="Stage">What is being done, e.g. <c>weights</c>.</param>
/// <param name="BytesTotal">Of this stage.</param>
public sealed record ExportProgress(string Stage, long BytesDone, long BytesTotal);
