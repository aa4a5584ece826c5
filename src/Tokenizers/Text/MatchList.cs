namespace XlLoraOnnx.Tokenizers;

/// <summary>Where a pattern matches: [start, end) pairs in order, without overlap.</summary>
internal sealed class MatchList
{
    private (int Start, int End)[] _matches = new (int, int)[64];

    public int Count { get; private set; }

    public (int Start, int End) this[int index] => _matches[index];

    public void Clear() => Count = 0;

    public void Add(int start, int end)
    {
        if (Count == _matches.Length)
            Array.Resize(ref _matches, Count * 2);
        _matches[Count++] = (start, end);
    }
}
