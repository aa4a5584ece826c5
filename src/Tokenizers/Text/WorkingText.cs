namespace XlLoraOnnx.Tokenizers;

/// <summary>
/// The text on its way from the caller to the model: normalised, then cut into pieces. Keeps, where somebody asks for offsets, the range of
/// the caller's text that each character came from. Its arrays grow and are used again, so that a warm one allocates nothing.
/// </summary>
internal sealed class WorkingText
{
    private const int Smallest = 256;

    private char[] _chars = new char[Smallest];
    private char[] _written = new char[Smallest];
    private int[] _from = [];
    private int[] _to = [];
    private int[] _writtenFrom = [];
    private int[] _writtenTo = [];
    private int _writtenLength;
    private PieceList _next = new();

    /// <summary>Whether <see cref="OriginStart"/> and <see cref="OriginEnd"/> are known.</summary>
    public bool Tracks { get; private set; }

    /// <summary>Where this stretch begins in the caller's text.</summary>
    public int Origin { get; private set; }

    public int Length { get; private set; }

    public ReadOnlySpan<char> Chars => _chars.AsSpan(0, Length);

    /// <summary>What is left to tokenise, in order.</summary>
    public PieceList Pieces { get; private set; } = new();

    /// <summary>Scratch of whoever cuts pieces.</summary>
    public MatchList Matches { get; } = new();

    /// <summary>Scratch of patterns that need the text in another form.</summary>
    public RegexScratch Regex { get; } = new();

    public void Reset(ReadOnlySpan<char> text, int origin, bool tracks)
    {
        if (_chars.Length < text.Length)
            _chars = new char[Size(text.Length)];
        text.CopyTo(_chars);
        Length = text.Length;
        Origin = origin;
        Tracks = tracks;
        Pieces.Clear();
        if (!tracks)
            return;
        if (_from.Length < text.Length)
        {
            _from = new int[_chars.Length];
            _to = new int[_chars.Length];
        }
        for (var i = 0; i < text.Length; i++)
        {
            // Both halves of a pair stand for the whole character.
            _from[i] = origin + (i > 0 && char.IsSurrogatePair(text[i - 1], text[i]) ? i - 1 : i);
            _to[i] = origin + (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]) ? i + 2 : i + 1);
        }
    }

    public int OriginStart(int index) => _from[index];

    /// <param name="index">Of the last character.</param>
    public int OriginEnd(int index) => _to[index];

    /// <summary>The same length as before: the ranges stay.</summary>
    public void ReplaceChar(char old, char replacement) => _chars.AsSpan(0, Length).Replace(old, replacement);

    public void BeginRewrite()
    {
        _writtenLength = 0;
        EnsureWritable(Length);
    }

    /// <summary>One character that came from <paramref name="from"/> to <paramref name="to"/> (exclusive) of the present text.</summary>
    public void Write(char value, int from, int to)
    {
        EnsureWritable(1);
        _written[_writtenLength] = value;
        if (Tracks)
        {
            _writtenFrom[_writtenLength] = _from[from];
            _writtenTo[_writtenLength] = _to[to - 1];
        }
        _writtenLength++;
    }

    public void Write(ReadOnlySpan<char> value, int from, int to)
    {
        foreach (var c in value)
            Write(c, from, to);
    }

    public void Copy(int start, int length)
    {
        EnsureWritable(length);
        _chars.AsSpan(start, length).CopyTo(_written.AsSpan(_writtenLength));
        if (Tracks)
        {
            _from.AsSpan(start, length).CopyTo(_writtenFrom.AsSpan(_writtenLength));
            _to.AsSpan(start, length).CopyTo(_writtenTo.AsSpan(_writtenLength));
        }
        _writtenLength += length;
    }

    public int Written => _writtenLength;

    public void EndRewrite()
    {
        (_chars, _written) = (_written, _chars);
        (_from, _writtenFrom) = (_writtenFrom, _from);
        (_to, _writtenTo) = (_writtenTo, _to);
        Length = _writtenLength;
    }

    /// <summary>The list that <see cref="EndPieces"/> puts in the place of <see cref="Pieces"/>.</summary>
    public PieceList BeginPieces()
    {
        _next.Clear();
        return _next;
    }

    public void EndPieces() => (Pieces, _next) = (_next, Pieces);

    private void EnsureWritable(int more)
    {
        var needed = _writtenLength + more;
        if (_written.Length < needed)
            Array.Resize(ref _written, Size(needed));
        if (Tracks && _writtenFrom.Length < needed)
        {
            Array.Resize(ref _writtenFrom, _written.Length);
            Array.Resize(ref _writtenTo, _written.Length);
        }
    }

    private static int Size(int needed) => (int)Math.Max(Math.Min(needed * 2L, Array.MaxLength), needed);
}
