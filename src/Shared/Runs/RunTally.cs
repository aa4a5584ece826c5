namespace XlLoraOnnx.Synthesis;

/// <summary>Counts the rows that are decided, from the marks of all records of a run, in whatever order they come.</summary>
/// <param name="sides">Sentences that a row needs.</param>
/// <param name="maxAttempts">After which a sentence that was rejected stays so.</param>
/// <remarks>Not thread-safe.</remarks>
internal sealed class RunTally(IReadOnlyList<SynthesisSide> sides, int maxAttempts)
{
    private readonly Dictionary<(RowKey, int Sample), (Sentence Positive, Sentence Negative)> _rows = [];

    /// <summary>Rows whose sentences all are accepted, or rejected for good.</summary>
    public long Decided { get; private set; }

    /// <summary>Answers that were taken in.</summary>
    public long Answers { get; private set; }

    /// <summary>What an answer decides of a row, on average; 0 before the first.</summary>
    public double RowsOfAnAnswer => Answers == 0 ? 0 : (double)Decided / Answers;

    public void Take(in JournalMark mark)
    {
        Answers += mark.IsRetry ? 0 : 1;
        var row = (mark.Key, mark.Sample);
        var before = _rows.GetValueOrDefault(row);
        var isPositive = mark.Side == SynthesisSide.Positive;
        var sentence = new Sentence(mark.Attempt + 1, IsAnswered: !mark.IsRetry, IsAccepted: !mark.IsRetry && mark.Reason is null);
        if (!sentence.StandsOver(isPositive ? before.Positive : before.Negative))
            return;
        var after = isPositive ? before with { Positive = sentence } : before with { Negative = sentence };
        _rows[row] = after;
        Decided += (IsDecided(after) ? 1 : 0) - (IsDecided(before) ? 1 : 0);
    }

    private bool IsDecided((Sentence Positive, Sentence Negative) row)
    {
        foreach (var side in sides)
        {
            var sentence = side == SynthesisSide.Positive ? row.Positive : row.Negative;
            if (!sentence.IsAccepted && !(sentence.IsAnswered && sentence.Attempts >= maxAttempts))
                return false;
        }
        return true;
    }

    /// <summary>Where a sentence is.</summary>
    /// <param name="Attempts">0 before the first.</param>
    /// <param name="IsAnswered">False where the last attempt was only opened.</param>
    private readonly record struct Sentence(int Attempts, bool IsAnswered, bool IsAccepted)
    {
        /// <summary>The later attempt stands; an answer closes what was open.</summary>
        public bool StandsOver(Sentence other) => Attempts != other.Attempts ? Attempts > other.Attempts : IsAnswered && !other.IsAnswered;
    }
}
