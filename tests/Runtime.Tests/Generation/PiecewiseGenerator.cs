using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Runtime.Tests;

/// <summary>A generator without a model that hands out an answer in pieces, and counts the rows that were given up.</summary>
internal sealed class PiecewiseGenerator(params string[] pieces) : ITextGenerator
{
    private int _abandoned;

    /// <summary>Awaited after the first piece of each row.</summary>
    public Task AfterTheFirst { get; init; } = Task.CompletedTask;

    /// <summary>Instead of the answer.</summary>
    public Func<GenerationRequest, GenerationResult>? Result { get; init; }

    public List<GenerationRequest> Requests { get; } = [];

    public int Abandoned => _abandoned;

    public int PreferredBatchSize => 1;

    public GenerationStatistics Statistics { get; } = new();

    public IReadOnlyCollection<string> Adapters { get; } = ["pos", "neg"];

    public async IAsyncEnumerable<GenerationResult> GenerateAsync(
        IReadOnlyList<GenerationRequest> requests, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = requests.Single();
        lock (Requests)
            Requests.Add(request);
        var finished = false;
        try
        {
            foreach (var piece in pieces)
            {
                await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
                request.OnText!(piece);
                await AfterTheFirst.WaitAsync(cancellationToken);
            }
            finished = true;
        }
        finally
        {
            if (!finished)
                Interlocked.Increment(ref _abandoned);
        }
        yield return Result?.Invoke(request) ?? new GenerationResult
        {
            RowId = request.RowId,
            Adapter = request.Adapter,
            Text = string.Concat(pieces),
            PromptTokenCount = 10,
            TokenCount = pieces.Length,
            FinishReason = FinishReason.Stop,
        };
    }

    public void AddAdapter(string name, string path) => throw new NotSupportedException();

    public void RemoveAdapter(string name) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
