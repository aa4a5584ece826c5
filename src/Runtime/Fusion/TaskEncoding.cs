namespace XlLoraOnnx.Runtime;

/// <summary>
/// Texts of a task to token ids, laid out and cut as FLARE's code does it (pnborchert/FLARE, tasks/*.py). Nothing is padded. Safe for
/// concurrent use.
/// </summary>
internal sealed class TaskEncoding
{
    /// <summary>What FLARE cuts to where a run does not say.</summary>
    public const int DefaultMaxLength = 128;

    private readonly XlLoraTokenizer _tokenizer;
    private readonly bool _isDecoder;
    private readonly bool _cutsLeft;
    private readonly bool _addsEos;
    private readonly int _eos;

    /// <param name="task">One of <see cref="TaskLayout.All"/>.</param>
    /// <param name="maxLength">Tokens of one language, special tokens included; both languages in one input have twice as many.</param>
    /// <exception cref="InvalidDataException">The tokenizer has no end token, which texts of this task need.</exception>
    /// <exception cref="ArgumentException">The head of the folder is not what the task needs.</exception>
    public TaskEncoding(XlLoraTokenizer tokenizer, FlareFacts facts, string task, int maxLength)
    {
        (_tokenizer, Task, MaxLength) = (tokenizer, TaskLayout.Known(task), maxLength);
        _isDecoder = facts.Head == "language_model";
        _cutsLeft = facts.TruncationSide != "right";
        _addsEos = facts.AddEosToken;
        var reads = facts.Head == "question_answering";
        if (!_isDecoder && reads != (task == TaskLayout.Tydiqa))
            throw new ArgumentException($"The task {task} needs "
                + $"{(reads ? "a classifier" : "a head for the begin and the end of an answer")}; that of this folder is {facts.Head}.");
        if (reads || _addsEos)
            _eos = tokenizer.EosTokenId ?? throw new InvalidDataException(
                "The tokenizer has no eos_token, which stands behind every text of this task. Export the run again, with its base.");
    }

    public string Task { get; }

    public int MaxLength { get; }

    /// <summary>A row in one language.</summary>
    public EncodedTask Encode(TaskText text) => Encode(text, source: null);

    /// <summary>A row in both languages one after the other, the source first.</summary>
    /// <param name="source">Null for the text alone.</param>
    /// <exception cref="ArgumentException">The task needs a second text, and there is none.</exception>
    public EncodedTask Encode(TaskText text, TaskText? source)
    {
        if (Task != TaskLayout.Nusax && (text.Second is null || source is { Second: null }))
            throw new ArgumentException(Task == TaskLayout.Xnli
                ? "A row of xnli has two texts, premise and hypothesis; the second one is missing."
                : "A row of tydiqa has a question and a context; the context is missing.");
        var most = source is null ? MaxLength : 2 * MaxLength;
        if (_isDecoder)
            return Whole(TaskLayout.ForDecoder(Task, text, source), most);
        return Task == TaskLayout.Tydiqa ? Passage(text, source) : Whole(TaskLayout.ForEncoder(Task, text, source), most);
    }

    private EncodedTask Whole(string text, int most)
    {
        if (_addsEos)
            most--;
        var encoding = _tokenizer.Encode(text);
        var isCut = encoding.Ids.Count > most;
        if (isCut)
            encoding = _tokenizer.Encode(text, options: new TokenizerOptions
            {
                MaxLength = most,
                TruncationSide = _cutsLeft ? SequenceSide.Left : SequenceSide.Right,
            });
        int[] ids = _addsEos ? [.. encoding.Ids, _eos] : [.. encoding.Ids];
        return new EncodedTask(ids, default, [], isCut);
    }

    /// <summary>Question and context without special tokens, and an end token behind them; what is too long is cut from the context.
    /// </summary>
    private EncodedTask Passage(TaskText text, TaskText? source)
    {
        var most = MaxLength - 1;
        var before = source is null ? null : Side(source, most);
        var side = Side(text, most);
        var ids = new List<int>(before?.Ids ?? []);
        var context = new Range(ids.Count + side.Context.Start.Value, ids.Count + side.Context.End.Value);
        ids.AddRange(side.Ids);
        ids.Add(_eos);
        return new EncodedTask([.. ids], context, side.Offsets, side.IsCut || before?.IsCut == true);
    }

    private EncodedTask Side(TaskText text, int most)
    {
        var bare = new TokenizerOptions { AddSpecialTokens = false };
        int[] question = [.. _tokenizer.Encode(text.First, options: bare).Ids];
        var context = _tokenizer.Encode(text.Second!, options: bare);
        var isCut = question.Length + context.Ids.Count > most;
        if (question.Length > most)
            question = question[..most];
        var kept = Math.Min(context.Ids.Count, most - question.Length);
        var first = _cutsLeft ? context.Ids.Count - kept : 0;
        return new EncodedTask([.. question, .. context.Ids.Skip(first).Take(kept)], question.Length..(question.Length + kept),
            [.. context.Offsets.Skip(first).Take(kept)], isCut);
    }
}
