namespace XlLoraOnnx.Synthesis;

/// <summary>A journal that is looked at again and again: how many answers came, and when the last of them.</summary>
internal sealed class WatchedJournal(string path) : IDisposable
{
    /// <summary>Long enough for steps that take long, short enough to show a task that has become slow.</summary>
    private const long WindowSeconds = 300;

    /// <summary>An answer is in the file when its step has ended; without one for longer, it is late.</summary>
    private const long LateSeconds = 60;

    private readonly JournalReader _reader = new(path);
    private readonly SortedDictionary<long, long> _bySecond = [];
    private long _end;

    public long Answers { get; private set; }

    public IEnumerable<JournalMark> ReadNew()
    {
        foreach (var mark in _reader.Scan(_end))
        {
            if (!mark.IsRetry)
                Count(mark.Milliseconds / 1000);
            yield return mark;
        }
        _end = _reader.End;
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

    public void Dispose() => _reader.Dispose();

    private void Count(long second)
    {
        Answers++;
        _bySecond[second] = _bySecond.GetValueOrDefault(second) + 1;
        // the window ends at the newest answer or later
        while (_bySecond.Count > 1 && _bySecond.Keys.First() < second - WindowSeconds)
            _bySecond.Remove(_bySecond.Keys.First());
    }
}
