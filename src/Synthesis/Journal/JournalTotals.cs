namespace XlLoraOnnx.Synthesis;

/// <summary>What all journals of a run add up to, attempts that came to nothing included.</summary>
internal sealed class JournalTotals
{
    // a longer silence was a break between two processes
    private const long LongestPauseSeconds = 60;

    private readonly Dictionary<(RejectionReason Reason, SynthesisSide Side), long> _rejected = [];
    private readonly SortedDictionary<long, (long Answers, long Tokens)> _bySecond = [];

    public long Answers { get; private set; }

    public long Tokens { get; private set; }

    /// <summary>Answers that a filter refused, by reason.</summary>
    public IReadOnlyDictionary<(RejectionReason Reason, SynthesisSide Side), long> Rejected => _rejected;

    public void Add(in JournalMark mark)
    {
        Answers++;
        Tokens += mark.Tokens;
        if (mark.Reason is { } reason)
            _rejected[(reason, mark.Side)] = _rejected.GetValueOrDefault((reason, mark.Side)) + 1;
        var second = mark.Milliseconds / 1000;
        var (answers, tokens) = _bySecond.GetValueOrDefault(second);
        _bySecond[second] = (answers + 1, tokens + mark.Tokens);
    }

    /// <summary>Answers and tokens over the time worked: breaks are left out.</summary>
    public IEnumerable<(TimeSpan At, long Answers, long Tokens)> OverTime()
    {
        var (at, last) = (0L, 0L);
        foreach (var (second, (answers, tokens)) in _bySecond)
        {
            if (last > 0)
                at += Math.Min(second - last, LongestPauseSeconds);
            last = second;
            yield return (TimeSpan.FromSeconds(at), answers, tokens);
        }
    }
}
