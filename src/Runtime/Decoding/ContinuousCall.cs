using System.Threading.Channels;

namespace XlLoraOnnx.Runtime;

/// <summary>The rows of one call, on their way through the engines and back to the caller.</summary>
internal sealed class ContinuousCall
{
    private readonly Channel<GenerationResult> _results = Channel.CreateUnbounded<GenerationResult>();
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly XlLoraTokenizer _tokenizer;
    // one for the caller, who may still be adding
    private int _outstanding = 1;
    private volatile bool _isOver;

    /// <param name="adapters">All that its rows will have.</param>
    public ContinuousCall(XlLoraTokenizer tokenizer, IReadOnlyCollection<AdapterKey> adapters) =>
        (_tokenizer, Adapters) = (tokenizer, adapters);

    /// <summary>Those of all rows, also of rows that are not queued yet.</summary>
    public IReadOnlyCollection<AdapterKey> Adapters { get; }

    /// <summary>Nobody waits for its rows any more.</summary>
    public bool IsOver => _isOver;

    public ChannelReader<GenerationResult> Results => _results.Reader;

    /// <summary>Completes when no engine knows a row of this call.</summary>
    public Task Released => _released.Task;

    /// <summary>Before the row is queued.</summary>
    public void Expect() => Interlocked.Increment(ref _outstanding);

    /// <summary>All rows have been queued.</summary>
    public void CompleteAdding() => Release();

    public void Answer(GenerationResult result) => _results.Writer.TryWrite(result);

    /// <summary>Ends the row; its slot is free.</summary>
    public void Finish(ContinuousRow row)
    {
        if (!IsOver)
            Answer(row.EndsFor is { } rejection
                ? GenerationResult.Rejected(row.Request.RowId, row.Request.Adapter, rejection.Kind, row.PromptTokens, rejection.Error)
                : ResultOf(row));
        Release();
    }

    /// <summary>Ends the whole call with an error; its rows leave the engines at their next step.</summary>
    public void Fail(Exception error)
    {
        _isOver = true;
        _results.Writer.TryComplete(error);
    }

    /// <summary>The caller has gone.</summary>
    public void Cancel() => _isOver = true;

    private void Release()
    {
        if (Interlocked.Decrement(ref _outstanding) > 0)
            return;
        _results.Writer.TryComplete();
        _released.TrySetResult();
    }

    private GenerationResult ResultOf(ContinuousRow row) => new()
    {
        RowId = row.Request.RowId,
        Adapter = row.Request.Adapter,
        Text = row.Text.Whole(row.Running.Tokens),
        Tokens = row.Running.Tokens,
        PromptTokenCount = row.PromptTokens,
        TokenCount = row.Running.Tokens.Count,
        FinishReason = row.Running.FinishReason!.Value,
        LogProbabilities = row.Running.LogProbabilities,
        Hypotheses = row.Search is null ? null
            : [.. row.Search.Finished.Select(h => new GenerationHypothesis(Text(h.Tokens), h.Tokens, h.Score))],
    };

    private string Text(int[] tokens) => tokens.Length == 0 ? "" : _tokenizer.Decode(tokens);
}
