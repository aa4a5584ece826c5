using System.Threading.Channels;

namespace XlLoraOnnx.Runtime;

/// <summary>The row behind one answer, from its start to its end; disposing ends it, and waits until no engine knows it.</summary>
internal sealed class ChatRow : IAsyncDisposable
{
    private readonly Channel<ChatPiece> _pieces = Channel.CreateUnbounded<ChatPiece>();
    private readonly RowProgress _progress = new();
    private readonly CancellationTokenSource _stop;

    /// <summary>Starts it.</summary>
    /// <param name="callerMeasures">Whether whoever calls counts this in <c>gen_ai.client.*</c>.</param>
    public ChatRow(
        ITextGenerator generator, GenerationRequest request, TracedModel traced, bool callerMeasures, CancellationToken cancellationToken)
    {
        request = request with { Progress = _progress, OnText = Tell };
        Trace = RowTrace.Begin(traced, request, _progress, callerMeasures);
        // leaving the stream early must end the row too
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Result = RunAsync(generator, request);
    }

    /// <summary>Its text as it comes.</summary>
    public ChannelReader<ChatPiece> Pieces => _pieces.Reader;

    /// <summary>Ends with the row, which was not rejected, or with why there is none.</summary>
    public Task<GenerationResult> Result { get; }

    /// <summary>Null where nobody listens.</summary>
    public RowTrace? Trace { get; }

    /// <summary>Null where the generator does not say.</summary>
    public int? PromptTokens => _progress.PromptTokens;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        // whoever leaves early wants to hear of no failure; otherwise it was already thrown
        await ((Task)Result).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    /// <summary>On the engine's thread: how many tokens there are is known exactly.</summary>
    private void Tell(string text) => _pieces.Writer.TryWrite(new ChatPiece(text, _progress.Tokens is > 0 and var tokens ? tokens : null));

    private async Task<GenerationResult> RunAsync(ITextGenerator generator, GenerationRequest request)
    {
        try
        {
            GenerationResult? result = null;
            await foreach (var row in generator.GenerateAsync([request], _stop.Token).ConfigureAwait(false))
                result = row;
            if (result is not null)
                Trace?.End(result);
            return result switch
            {
                null => throw new InvalidOperationException("The generator gave no result for the request."),
                { FinishReason: not FinishReason.Rejected } => result,
                { RejectionKind: RejectionKind.AdapterRemoved or RejectionKind.Failed } =>
                    throw new InvalidOperationException(result.Error),
                _ => throw new ArgumentException(result.Error),
            };
        }
        catch (Exception e)
        {
            Trace?.Fail(e);
            throw;
        }
        finally
        {
            _pieces.Writer.Complete();
        }
    }
}

/// <summary>A piece of an answer.</summary>
/// <param name="Tokens">That the answer has with it; null where the generator does not say.</param>
internal readonly record struct ChatPiece(string Text, int? Tokens);
