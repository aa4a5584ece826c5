namespace XlLoraOnnx.Synthesis;

/// <summary>What all processes of a run have answered, as far as it was read: where the answer to each sentence is, and what it is
/// worth.</summary>
/// <remarks>The answers themselves stay in the log. Thread-safe, except that <see cref="RefreshAsync"/> runs once at a time.</remarks>
/// <param name="log">Stays the caller's.</param>
/// <param name="triplets">Most there will be.</param>
internal sealed class RunAnswers(IAnswerLog log, long triplets)
{
    private readonly Lock _lock = new();
    private readonly RunTable _table = new(triplets);

    /// <summary>Sentences that a retry has opened and nobody has answered.</summary>
    public long OpenSentences
    {
        get
        {
            lock (_lock)
                return _table.OpenSentences;
        }
    }

    /// <summary>Answers and retries of all processes.</summary>
    public long Records { get; private set; }

    /// <summary>What was answered, by all processes.</summary>
    public JournalTotals Totals { get; } = new();

    /// <summary>Reads what others have appended since.</summary>
    /// <exception cref="InvalidDataException">What they have written is damaged.</exception>
    public async ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        await foreach (var (part, mark) in log.ReadNewAsync(cancellationToken).ConfigureAwait(false))
        {
            lock (_lock)
                Take(part, mark);
        }
    }

    public AnswerPlace? Find(RowKey key, int sample, SynthesisSide side)
    {
        lock (_lock)
            return _table[key, sample, side];
    }

    public ValueTask<JournalAnswer> ReadAsync(AnswerPlace place, CancellationToken cancellationToken) =>
        log.ReadAsync(new AnswerRecord(place.File, place.Offset), cancellationToken);

    /// <summary>What an answer was made with.</summary>
    /// <param name="number">As the answer says.</param>
    public ValueTask<IReadOnlyDictionary<string, string>> ContextAsync(
        AnswerPlace place, int number, CancellationToken cancellationToken) =>
        log.ContextAsync(place.File, number, cancellationToken);

    public int AddContext(IReadOnlyDictionary<string, string> facts) => log.AddContext(facts);

    /// <summary>Takes in an answer; after the next flush it survives this process.</summary>
    public void Append(in JournalAnswer answer)
    {
        lock (_lock)
        {
            var record = log.Append(answer);
            Take(record.Part, JournalMark.Of(record.Position, answer));
        }
    }

    /// <summary>Opens another attempt at a sentence that was rejected.</summary>
    public void Append(in JournalRetry retry)
    {
        lock (_lock)
        {
            var record = log.Append(retry);
            Take(record.Part, JournalMark.Of(record.Position, retry));
        }
    }

    /// <inheritdoc cref="IAnswerLog.FlushAsync"/>
    public ValueTask FlushAsync(bool durable = false, CancellationToken cancellationToken = default) =>
        log.FlushAsync(durable, cancellationToken);

    private void Take(int part, in JournalMark mark)
    {
        _table.Add(mark.Key, mark.Sample, mark.Side, Place(part, mark));
        Records++;
        if (!mark.IsRetry)
            Totals.Add(mark);
    }

    private static AnswerPlace Place(int part, in JournalMark mark) => new(
        mark.IsRetry ? SentenceStatus.Open : mark.Reason is null ? SentenceStatus.Accepted : SentenceStatus.Rejected,
        mark.Attempt, part, mark.Offset, mark.Reason == RejectionReason.Equal);
}
