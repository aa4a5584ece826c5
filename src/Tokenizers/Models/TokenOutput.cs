namespace XlLoraOnnx.Tokenizers;

/// <summary>Ids in order; and, where the working text tracks them, the ranges of the caller's text.</summary>
internal sealed class TokenOutput
{
    private int[] _ids = new int[256];
    private (int Start, int End)[] _offsets = [];
    private WorkingText _text = new();
    private int _pieceStart;

    public int Count { get; private set; }

    /// <summary>Whether offsets are asked for.</summary>
    public bool Tracks => _text.Tracks;

    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    public ReadOnlySpan<(int Start, int End)> Offsets => _offsets.AsSpan(0, Count);

    public void Clear() => Count = 0;

    /// <summary>What follows belongs to this piece.</summary>
    public void BeginPiece(WorkingText text, int start)
    {
        _text = text;
        _pieceStart = start;
    }

    /// <param name="start">Within the piece.</param>
    public void Add(int id, int start, int end)
    {
        EnsureCapacity();
        _ids[Count] = id;
        if (_text.Tracks)
            _offsets[Count] = (_text.OriginStart(_pieceStart + start), _text.OriginEnd(_pieceStart + end - 1));
        Count++;
    }

    /// <summary>An added token, found in the caller's text itself.</summary>
    public void AddToken(int id, int start, int end, bool tracks)
    {
        EnsureCapacity();
        _ids[Count] = id;
        if (tracks)
            _offsets[Count] = (start, end);
        Count++;
    }

    /// <summary>The last token reaches further than it seemed.</summary>
    public void ExtendLast(int end)
    {
        if (_text.Tracks)
            _offsets[Count - 1].End = _text.OriginEnd(_pieceStart + end - 1);
    }

    private void EnsureCapacity()
    {
        if (Count == _ids.Length)
            Array.Resize(ref _ids, Count * 2);
        if (_offsets.Length < _ids.Length)
            Array.Resize(ref _offsets, _ids.Length);
    }
}
