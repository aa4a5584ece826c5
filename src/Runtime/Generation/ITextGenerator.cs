namespace XlLoraOnnx.Runtime;

/// <summary>Continues prompts, each with an adapter of its own.</summary>
/// <remarks>
/// Whoever makes a generator disposes it, when no call is running. Calls may be concurrent; an engine may run them together or one after
/// the other.
/// </remarks>
public interface ITextGenerator : IDisposable, IAsyncDisposable
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

    /// <summary>Makes an adapter known under a name; it is loaded when first asked for.</summary>
    /// <param name="name">Not one of <see cref="Adapters"/>.</param>
    /// <param name="path">An <c>.onnx_adapter</c> file that was exported for this base; it must stay as it is.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is no adapter file, or one of another base.</exception>
    void AddAdapter(string name, string path);

    /// <summary>Forgets an adapter and frees its memory; its file stays where it is.</summary>
    /// <remarks>Rows that use it and are not done end as <see cref="RejectionKind.AdapterRemoved"/>.</remarks>
    /// <exception cref="ArgumentException">No adapter has this name.</exception>
    void RemoveAdapter(string name);

    /// <summary>What <see cref="IDisposable.Dispose"/> does, without holding up the caller while it waits for what runs.</summary>
    ValueTask IAsyncDisposable.DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return new ValueTask(Task.Run(Dispose));
    }
}
