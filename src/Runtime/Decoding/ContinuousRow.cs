namespace XlLoraOnnx.Runtime;

/// <summary>An adapter as it was when a row was asked for: another of the same name is another adapter.</summary>
internal readonly record struct AdapterKey(string Name, long Edition);

/// <summary>A row from when it is queued to its end. Only the thread of the engine that has it changes it, but for its rejection.</summary>
internal sealed class ContinuousRow
{
    private readonly IReadOnlyList<int> _stopTokens;
    private readonly BeamSearchOptions? _beams;
    private volatile RowRejection? _rejection;

    /// <param name="beams">Null where each token is chosen for itself.</param>
    public ContinuousRow(
        EncodedRequest request, AdapterKey? adapter, ContinuousCall call, ModelFolder folder, BeamSearchOptions? beams = null)
    {
        (Request, Adapter, Call, _beams) = (request, adapter, call, beams);
        _stopTokens = request.IgnoreStopTokens ? [] : folder.Tokens.EosTokenIds;
        Text = new RowText(request.OnText, folder.Tokenizer, request.StopSequences, request.OnLogProbabilities);
        Random = new RowRandom(request.Sampling.Seed, request.RandomStream, request.Adapter, request.Attempt);
        Need = Math.Min(folder.Manifest.Dimensions.ContextLength, request.Prompt.Length + request.MaxNewTokens);
        Running = new RunningRow(request, _stopTokens);
        Search = NewSearch();
    }

    public EncodedRequest Request { get; }

    public int[] Prompt => Request.Prompt;

    /// <summary>What the encoder reads; null where there is none. The prompt then is short, and read by steps of all rows.</summary>
    public int[]? Source => Request.Source;

    /// <summary>Tokens that were given, for whoever counts.</summary>
    public int PromptTokens => (Source ?? Prompt).Length;

    /// <summary>Null for the base model.</summary>
    public AdapterKey? Adapter { get; }

    public ContinuousCall Call { get; }

    public RowRandom Random { get; }

    /// <summary>Positions that it can come to need.</summary>
    public int Need { get; }

    public RunningRow Running { get; private set; }

    /// <summary>Null where each token is chosen for itself.</summary>
    public BeamSearch? Search { get; private set; }

    public RowText Text { get; }

    /// <summary>Positions of its slot that are filled.</summary>
    public int Past { get; set; }

    /// <summary>Its prompt is being read, or has been.</summary>
    public bool HasBegun { get; set; }

    /// <summary>Tokens of the prompt whose keys and values were copied.</summary>
    public int Shared { get; set; }

    /// <summary>Its prompt is kept for others up to here, once it has been read so far; 0 for not at all.</summary>
    public int StoreAt { get; set; }

    /// <summary>How often a device failed while it ran.</summary>
    public int Failures { get; set; }

    /// <summary>The engine on which it failed last; another one had better try.</summary>
    public ContinuousEngine? FailedOn { get; set; }

    /// <summary>How often rows behind it were taken before it.</summary>
    public int Passed { get; set; }

    /// <summary>Set when it is not to go on, by any thread.</summary>
    public RowRejection? EndsFor => _rejection;

    /// <summary>It is rejected, or nobody waits for it any more.</summary>
    public bool IsOver => Call.IsOver || EndsFor is not null;

    /// <summary>All of the prompt but the last token is read: its keys and values come with the first step.</summary>
    public bool IsReady => HasBegun && Past >= Prompt.Length - 1;

    /// <summary>Its text is read, its prompt not yet: the next step reads a token of it.</summary>
    public bool ReadsBySteps => Source is not null && HasBegun && !IsReady;

    public int NextToken => Running.Tokens.Count == 0 ? Prompt[^1] : Running.Tokens[^1];

    public void Reject(RejectionKind kind, string error) => _rejection ??= new RowRejection(kind, error);

    public void RejectAsRemoved() =>
        Reject(RejectionKind.AdapterRemoved, $"The adapter '{Request.Adapter}' was removed before this row was done.");

    /// <summary>From the beginning, on whatever device; the same tokens come again, and text that was given is not given twice.</summary>
    public void Restart()
    {
        Running = new RunningRow(Request, _stopTokens);
        Search = NewSearch();
        (Past, Shared, StoreAt, HasBegun) = (0, 0, 0, false);
        Text.Restart();
    }

    private BeamSearch? NewSearch() =>
        _beams is null ? null : new BeamSearch(_beams, _stopTokens, Math.Max(1, Need - Prompt.Length));
}

/// <summary>Why a row does not go on.</summary>
internal sealed record RowRejection(RejectionKind Kind, string Error);
