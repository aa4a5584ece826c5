namespace XlLoraOnnx.Synthesis;

/// <summary>A journal that is looked at again and again: each time what is new of it.</summary>
internal sealed class WatchedJournal(string path) : IDisposable
{
    private readonly JournalReader _reader = new(path);
    private long _end;

    public AnswerRate Rate { get; } = new();

    public IEnumerable<JournalMark> ReadNew()
    {
        _reader.Refresh();
        foreach (var mark in _reader.Scan(_end))
        {
            Rate.Take(mark);
            yield return mark;
        }
        _end = _reader.End;
    }

    public void Dispose() => _reader.Dispose();
}
