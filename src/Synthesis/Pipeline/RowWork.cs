namespace XlLoraOnnx.Synthesis;

/// <summary>One triplet in the making: an anchor, one of its samples, and what is known of both sentences.</summary>
/// <remarks>What it needs next is a function of the answers it was given, so that a run that was cut off can be taken up from
/// them.</remarks>
internal sealed class RowWork
{
    private readonly SentenceWork?[] _sentences;
    private readonly int _maxAttempts;

    public RowWork(KeyedAnchor anchor, int sample, SynthesisOptions options)
    {
        (Row, Key, Sample, Anchor, Language, _maxAttempts) =
            (anchor.Row, anchor.Key, sample, anchor.Text, anchor.Language, options.MaxAttempts);
        _sentences = new SentenceWork?[2];
        foreach (var side in options.Sides)
            _sentences[(int)side] = new SentenceWork();
    }

    /// <summary>0-based index of the anchor in the input.</summary>
    public long Row { get; }

    public RowKey Key { get; }

    public int Sample { get; }

    public string Anchor { get; }

    /// <summary>Where the input has one for each row; else null.</summary>
    public string? Language { get; }

    /// <summary>Whether nothing more is to be generated.</summary>
    public bool IsSettled => Array.TrueForAll(_sentences, s => s is null or { Status: not SentenceStatus.Open });

    /// <summary>Null where this side is not asked for.</summary>
    public SentenceWork? this[SynthesisSide side] => _sentences[(int)side];

    /// <summary>An answer that an earlier process was given for an attempt.</summary>
    public void Restore(SynthesisSide side, int attempt, GenerationResult generated, AnswerVerdict verdict)
    {
        this[side]!.Reopen(attempt);
        this[side]!.Decide(generated, verdict, _maxAttempts);
    }

    /// <summary>What became of one sentence of this row.</summary>
    /// <returns>What is to be known for good: this answer, and the other one where the pair was refused because of it.</returns>
    public IReadOnlyList<SettledAnswer> Take(SynthesisSide side, GenerationResult generated, AnswerVerdict verdict, AnswerFilter filter)
    {
        var sentence = this[side]!;
        sentence.Decide(generated, verdict, _maxAttempts);
        var (positive, negative) = (this[SynthesisSide.Positive], this[SynthesisSide.Negative]);
        if (positive is not { Status: SentenceStatus.Accepted } || negative is not { Status: SentenceStatus.Accepted }
            || filter.CheckPair(positive.Text!, negative.Text!) is not { } refused)
            return [new SettledAnswer(side, sentence.DecidedAttempt, verdict, generated)];
        var pair = new AnswerVerdict(negative.Text!, negative.Repairs, refused with { Side = SynthesisSide.Negative });
        negative.Refuse(pair, _maxAttempts);
        var second = new SettledAnswer(SynthesisSide.Negative, negative.DecidedAttempt, pair, negative.Generated!);
        return side == SynthesisSide.Negative ? [second] : [new SettledAnswer(side, sentence.DecidedAttempt, verdict, generated), second];
    }

    /// <summary>Whether all that was asked for is there.</summary>
    public bool IsTriplet => Array.TrueForAll(_sentences, s => s is null or { Status: SentenceStatus.Accepted });

    public SynthesisResult Result() => new()
    {
        RowId = Row,
        Sample = Sample,
        Sent0 = Anchor,
        Language = Language,
        Sent1 = this[SynthesisSide.Positive]?.Text,
        HardNeg = this[SynthesisSide.Negative]?.Text,
        Rejected = this[SynthesisSide.Positive]?.Rejected ?? this[SynthesisSide.Negative]?.Rejected,
    };
}

/// <param name="Attempt">Which attempt it was.</param>
internal readonly record struct SettledAnswer(SynthesisSide Side, int Attempt, AnswerVerdict Verdict, GenerationResult Generated);
