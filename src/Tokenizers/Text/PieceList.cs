namespace XlLoraOnnx.Tokenizers;

/// <summary>A stretch of the working text; one that is an added token already has its id.</summary>
internal readonly record struct TextPiece(int Start, int End, int TokenId)
{
    public const int NoToken = -1;

    public bool IsToken => TokenId != NoToken;
}

/// <summary>Pieces in order, none of them empty.</summary>
internal sealed class PieceList
{
    private TextPiece[] _pieces = new TextPiece[64];

    public int Count { get; private set; }

    public TextPiece this[int index] => _pieces[index];

    public void Clear() => Count = 0;

    public void Add(TextPiece piece)
    {
        if (piece.Start == piece.End)
            return;
        if (Count == _pieces.Length)
            Array.Resize(ref _pieces, Count * 2);
        _pieces[Count++] = piece;
    }

    public void Add(int start, int end) => Add(new TextPiece(start, end, TextPiece.NoToken));
}
