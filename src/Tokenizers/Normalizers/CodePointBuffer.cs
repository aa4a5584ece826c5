namespace XlLoraOnnx.Tokenizers;

/// <summary>Code points with the range of the text that each came from.</summary>
internal sealed class CodePointBuffer
{
    private (int CodePoint, int From, int To)[] _items = new (int, int, int)[256];
    private ulong[] _keys = [];
    private (int CodePoint, int From, int To)[] _sorted = [];

    public int Count { get; private set; }

    public (int CodePoint, int From, int To) this[int index]
    {
        get => _items[index];
        set => _items[index] = value;
    }

    public void Clear() => Count = 0;

    public void Cut(int count) => Count = count;

    public void Add(int codePoint, int from, int to)
    {
        if (Count == _items.Length)
            Array.Resize(ref _items, Count * 2);
        _items[Count++] = (codePoint, from, to);
    }

    /// <summary>By combining class, those of one class in their order; n log n, since a text may be one long row of marks.</summary>
    public void SortLast(int count, UnicodeTables tables)
    {
        if (_keys.Length < count)
        {
            _keys = new ulong[count * 2];
            _sorted = new (int, int, int)[count * 2];
        }
        var first = Count - count;
        for (var i = 0; i < count; i++)
            _keys[i] = ((ulong)tables.ClassOf(_items[first + i].CodePoint) << 32) | (uint)i;
        _items.AsSpan(first, count).CopyTo(_sorted);
        _keys.AsSpan(0, count).Sort(_sorted.AsSpan(0, count));
        _sorted.AsSpan(0, count).CopyTo(_items.AsSpan(first));
    }
}
