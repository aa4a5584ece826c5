using System.Threading.Channels;

namespace XlLoraOnnx.Server;

/// <summary>What happens to the rows of a request, as it happens; disposing ends them, and waits until no engine knows them.</summary>
internal sealed class RunningRows : IAsyncDisposable
{
    private readonly Channel<RowEvent> _events = Channel.CreateUnbounded<RowEvent>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _stop;
    private readonly Task _running;
    // of each row, what its next event takes along
    private readonly List<TokenLogProbabilities>[] _told;

    /// <summary>Starts them.</summary>
    public RunningRows(ITextGenerator generator, IReadOnlyList<GenerationRequest> rows, CancellationToken cancellationToken)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _told = [.. rows.Select(_ => new List<TokenLogProbabilities>())];
        GenerationRequest[] followed = [.. rows.Select(Follow)];
        _running = RunAsync(generator, followed);
    }

    /// <summary>Pieces and the result of each row in order; ends with what kept the rows from their end.</summary>
    public ChannelReader<RowEvent> Events => _events.Reader;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    private GenerationRequest Follow(GenerationRequest row) => row with
    {
        OnText = text => Tell((int)row.RowId, text, null),
        OnLogProbabilities = row.LogProbabilities is null ? null : _told[row.RowId].Add,
    };

    private void Tell(int row, string piece, GenerationResult? result)
    {
        TokenLogProbabilities[] told = [.. _told[row]];
        _told[row].Clear();
        _events.Writer.TryWrite(new RowEvent(row, piece, result, told));
    }

    private async Task RunAsync(ITextGenerator generator, GenerationRequest[] rows)
    {
        try
        {
            await foreach (var result in generator.GenerateAsync(rows, _stop.Token).ConfigureAwait(false))
                Tell((int)result.RowId, "", result);
            _events.Writer.Complete();
        }
#pragma warning disable CA1031 // the reader gets it through the channel
        catch (Exception e)
#pragma warning restore CA1031
        {
            _events.Writer.Complete(e);
        }
    }
}

/// <summary>A piece of a row's text, or its end.</summary>
/// <param name="Result">Null for a piece.</param>
/// <param name="Told">Of the tokens since the event before; empty where nobody asks.</param>
internal readonly record struct RowEvent(int Row, string Piece, GenerationResult? Result, IReadOnlyList<TokenLogProbabilities> Told);
