namespace XlLoraOnnx.Synthesis;

/// <summary>Answers of one process: how many came, and how fast within the last minutes.</summary>
internal sealed class AnswerRate
{
    /// <summary>Long enough for steps that take long, short enough to show a process that has become slow.</summary>
    private const long WindowSeconds = 300;

    /// <summary>An answer can be seen when its step has ended; without one for longer, it is late.</summary>
    private const long LateSeconds = 60;

    private readonly SortedDictionary<long, long> _bySecond = [];

    public long Answers { get; private set; }

    /// <param name="mark">Of an answer, or of a retry, which counts for nothing.</param>
    public void Take(in JournalMark mark)
    {
        if (mark.IsRetry)
            return;
        Answers++;
        var second = mark.Milliseconds / 1000;
        _bySecond[second] = _bySecond.GetValueOrDefault(second) + 1;
        // the window ends at the newest answer or later
        while (_bySecond.Count > 1 && _bySecond.Keys.First() < second - WindowSeconds)
            _bySecond.Remove(_bySecond.Keys.First());
    }

    /// <summary>Of the last minutes, or since it began within them.</summary>
    public double AnswersPerSecond(DateTimeOffset time)
    {
        var now = time.ToUnixTimeSeconds();
        var (first, last, answers) = (long.MaxValue, 0L, 0L);
        foreach (var (second, count) in _bySecond)
        {
            if (second <= now - WindowSeconds)
                continue;
            (first, last, answers) = (Math.Min(first, second), second, answers + count);
        }
        if (answers == 0)
            return 0;
        var end = now - last > LateSeconds ? now : last;
        return answers / (double)Math.Max(1, end - first);
    }
}
