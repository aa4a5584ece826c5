using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Server.Tests;

/// <summary>A generator without a model: one piece of each row at once, its end when it is let go.</summary>
/// <param name="rejection">How its rows end; null for well.</param>
internal sealed class PatientGenerator(int together = 1, RejectionKind? rejection = null) : ITextGenerator
{
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _started;
    private int _abandoned;

    public int Started => Volatile.Read(ref _started);

    /// <summary>Calls that ended before their rows did.</summary>
    public int Abandoned => Volatile.Read(ref _abandoned);

    public int PreferredBatchSize => together;

    public GenerationStatistics Statistics { get; } = new();

    public IReadOnlyCollection<string> Adapters { get; } = ["coming"];

    public void Release() => _release.TrySetResult();

    public async IAsyncEnumerable<GenerationResult> GenerateAsync(
        IReadOnlyList<GenerationRequest> requests, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _started);
        var ended = false;
        try
        {
            foreach (var request in requests)
                request.OnText?.Invoke("piece");
            await _release.Task.WaitAsync(cancellationToken);
            ended = true;
        }
        finally
        {
            if (!ended)
                Interlocked.Increment(ref _abandoned);
        }
        foreach (var request in requests)
            yield return rejection is { } kind ? GenerationResult.Rejected(request.RowId, request.Adapter, kind, 3, "why") : new()
            {
                RowId = request.RowId,
                Adapter = null,
                Text = "piece",
                PromptTokenCount = 3,
                TokenCount = 1,
                FinishReason = FinishReason.Stop,
            };
    }

    public void AddAdapter(string name, string path) => throw new NotSupportedException();

    public void RemoveAdapter(string name) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    /// <summary>Waits until something is so, and fails when it does not become so.</summary>
    public static Task UntilAsync(Func<bool> isSo) => UntilAsync(() => Task.FromResult(isSo()));

    /// <inheritdoc cref="UntilAsync(Func{bool})"/>
    public static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        for (var i = 0; i < 1000; i++)
        {
            if (await isSo())
                return;
            await Task.Delay(10);
        }
        Assert.Fail("it did not come to be so within 10 s");
    }
}
