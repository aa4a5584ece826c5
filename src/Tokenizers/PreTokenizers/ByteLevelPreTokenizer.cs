namespace XlLoraOnnx.Tokenizers;

/// <summary><c>ByteLevel</c>: GPT-2's pattern where it is asked for, then each byte by the character that stands for it.</summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : IPreTokenizer
{
    private static readonly SplitPreTokenizer Gpt2 = new(KnownPattern.Gpt2, SplitBehavior.Isolated);

    public void PreTokenize(WorkingText text)
    {
        if (addPrefixSpace)
            Rewrite(text, PrependSpace);
        if (useRegex)
            Gpt2.PreTokenize(text);
        Rewrite(text, static (t, piece) => ByteLevel.Write(t, piece.Start, piece.End));
    }

    private static void Rewrite(WorkingText text, Action<WorkingText, TextPiece> write)
    {
        var next = text.BeginPieces();
        text.BeginRewrite();
        for (var i = 0; i < text.Pieces.Count; i++)
        {
            var piece = text.Pieces[i];
            var start = text.Written;
            if (piece.IsToken)
                text.Copy(piece.Start, piece.End - piece.Start);
            else
                write(text, piece);
            next.Add(new TextPiece(start, text.Written, piece.TokenId));
        }
        text.EndRewrite();
        text.EndPieces();
    }

    private static void PrependSpace(WorkingText text, TextPiece piece)
    {
        if (text.Chars[piece.Start] != ' ')
        {
            Characters.At(text.Chars, piece.Start, out var width);
            text.Write(' ', piece.Start, piece.Start + width);
        }
        text.Copy(piece.Start, piece.End - piece.Start);
    }
}
