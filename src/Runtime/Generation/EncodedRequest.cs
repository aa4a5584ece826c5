namespace XlLoraOnnx.Runtime;

/// <summary>A request whose prompt is token ids and whose defaults are filled in.</summary>
/// <param name="Index">Position in the caller's list: the tie-breaker that makes batches repeatable.</param>
internal sealed record EncodedRequest(int Index, long RowId, int[] Prompt, string? Adapter, SamplingOptions Sampling, int MaxNewTokens)
{
    /// <summary>What the encoder reads, its language and its end among it; null where there is none.</summary>
    public int[]? Source { get; init; }

    public long RandomStream { get; init; }

    public int Attempt { get; init; }

    public bool IgnoreStopTokens { get; init; }

    public IReadOnlyList<string> StopSequences { get; init; } = [];

    public Action<string>? OnText { get; init; }

    public int? LogProbabilities { get; init; }

    public Action<TokenLogProbabilities>? OnLogProbabilities { get; init; }

    public RowProgress? Progress { get; init; }
}
