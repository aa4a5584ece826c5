namespace XlLoraOnnx.Runtime;

/// <summary>Continues prompts, each with an adapter of its own.</summary>
/// <remarks>
/// Whoever makes a generator disposes it. One call of <see cref="GenerateAsync"/> runs at a time, and none while it is disposed.
/// </remarks>
public interface ITextGenerator : IDisposable
{
    /// <summary>Rows that one batch holds best; callers give several times as many, so that rows can be sorted by length.</summary>
    int PreferredBatchSize { get; }

    /// <summary>What has been done so far; a snapshot, safe to read from any thread.</summary>
    GenerationStatistics Statistics { get; }

    /// <summary>Names of the adapters that requests may ask for.</summary>
    IReadOnlyCollection<string> Adapters { get; }

    /// <summary>Generates all requests; results come as they finish, in any order, exactly one for every request.</summary>
    /// <remarks>
    /// A bad row is a <see cref="FinishReason.Rejected"/> result, not an exception; exceptions are for what concerns the whole run.
    /// The requests are not copied: leave the list alone until the enumeration ends.
    /// </remarks>
    /// <exception cref="OperationCanceledException">Cancelled; results already yielded stay valid.</exception>
    IAsyncEnumerable<GenerationResult> GenerateAsync(
        IReadOnlyList<GenerationRequest> requests, CancellationToken cancellationToken = default);
}
