namespace XlLoraOnnx.Runtime;

/// <summary>An adapter as it was when a row was asked for: another of the same name is another adapter.</summary>
internal readonly record struct AdapterKey(string Name, long Edition);

/// <summary>A row from the moment it is queued to its end. Only the thread of the engine that has it changes it, but for its rejection.</summary>
internal sealed class ContinuousRow
{
    private readonly IReadOnlyList<int> _stopTokens;
    private volatile RowRejection? _rejection;
    private TextStream? _text;
    // of this start, and of all: what the caller has got already is not given again
    private int _emitted, _given;

    public ContinuousRow(EncodedRequest request, AdapterKey? adapter, ContinuousCall call, IReadOnlyList<int> stopTokens, int contextLength)
    {
        (Request, Adapter, Call, _stopTokens) = (request, adapter, call, stopTokens);
        Random = new RowRandom(request.Sampling.Seed, request.RowId, request.Adapter, request.Attempt);
        Need = Math.Min(contextLength, request.Prompt.Length + request.MaxNewTokens);
        Running = new RunningRow(request, stopTokens);
    }

    public EncodedRequest Request { get; }

    public int[] Prompt => Request.Prompt;

    /// <summary>Null for the base model.</summary>
    public AdapterKey? Adapter { get; }

    public ContinuousCall Call { get; }

    public RowRandom Random { get; }

    /// <summary>Positions that it can come to need.</summary>
    public int Need { get; }

    public RunningRow Running { get; private set; }

    /// <summary>Positions of its slot that are filled.</summary>
    public int Past { get; set; }

    /// <summary>Tokens of the prompt whose keys and values were copied.</summary>
    public int Shared { get; set; }

    /// <summary>Its prompt is kept for others up to here, once it has been read so far; 0 for not at all.</summary>
    public int StoreAt { get; set; }

    /// <summary>How often a device failed while it ran.</summary>
    public int Failures { get; set; }

    /// <summary>How often rows behind it were taken before it.</summary>
    public int Passed { get; set; }

    /// <summary>Set when it is not to go on, by any thread.</summary>
    public RowRejection? Rejection => _rejection;

    /// <summary>All of the prompt but the last token is read: its keys and values come with the first step.</summary>
    public bool IsReady => Past >= Prompt.Length - 1;

    public int NextToken => Running.Tokens.Count == 0 ? Prompt[^1] : Running.Tokens[^1];

    public void Reject(RejectionKind kind, string error) => _rejection ??= new RowRejection(kind, error);

    /// <summary>From the beginning, on whatever device; the same tokens come again, and text that was given is not given twice.</summary>
    public void Restart()
    {
        Running = new RunningRow(Request, _stopTokens);
        (Past, Shared, StoreAt, _emitted, _text) = (0, 0, 0, 0, null);
    }

    /// <summary>Gives the caller what a token adds to the text; after the last one, what was held back.</summary>
    /// <param name="token">Null at the end.</param>
    public void Tell(int? token, XlLoraTokenizer tokenizer)
    {
        if (Request.OnText is not { } onText)
            return;
        _text ??= new TextStream(tokenizer);
        var piece = token is { } id ? _text.Append(id) : _text.Finish();
        var known = Math.Clamp(_given - _emitted, 0, piece.Length);
        _emitted += piece.Length;
        if (known == piece.Length)
            return;
        _given = _emitted;
        onText(piece[known..]);
    }
}

/// <summary>Why a row does not go on.</summary>
internal sealed record RowRejection(RejectionKind Kind, string Error);
