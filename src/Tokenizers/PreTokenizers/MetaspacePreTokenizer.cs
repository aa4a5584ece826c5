namespace XlLoraOnnx.Tokenizers;

/// <summary>Before which pieces a space is put.</summary>
internal enum PrependScheme
{
    First,
    Never,
    Always,
}

/// <summary><c>Metaspace</c>: spaces as a visible character, with which the pieces begin.</summary>
internal sealed class MetaspacePreTokenizer(char replacement, PrependScheme scheme, bool split) : IPreTokenizer
{
    public void PreTokenize(WorkingText text)
    {
        if (!split && scheme == PrependScheme.Never)
        {
            text.ReplaceChar(' ', replacement);
            return;
        }
        var next = text.BeginPieces();
        text.BeginRewrite();
        for (var i = 0; i < text.Pieces.Count; i++)
        {
            var piece = text.Pieces[i];
            var start = text.Written;
            if (!piece.IsToken && Prepends(text, piece))
                text.Write(replacement, piece.Start, piece.Start + 1);
            if (piece.IsToken)
                text.Copy(piece.Start, piece.End - piece.Start);
            else
                CopyAndCut(text, piece, ref start, next);
            next.Add(new TextPiece(start, text.Written, piece.TokenId));
        }
        text.EndRewrite();
        text.EndPieces();
    }

    private bool Prepends(WorkingText text, TextPiece piece) =>
        text.Chars[piece.Start] is var first && first != ' ' && first != replacement
        && (scheme == PrependScheme.Always || (scheme == PrependScheme.First && text.Origin == 0 && piece.Start == 0));

    /// <param name="start">Where the last piece begins.</param>
    private void CopyAndCut(WorkingText text, TextPiece piece, ref int start, PieceList next)
    {
        for (var i = piece.Start; i < piece.End;)
        {
            var space = text.Chars[i..piece.End].IndexOfAny(' ', replacement);
            var end = space < 0 ? piece.End : i + space;
            text.Copy(i, end - i);
            i = end;
            if (space < 0)
                break;
            if (split && text.Written > start)
            {
                next.Add(start, text.Written);
                start = text.Written;
            }
            text.Write(replacement, i, i + 1);
            i++;
        }
    }
}
