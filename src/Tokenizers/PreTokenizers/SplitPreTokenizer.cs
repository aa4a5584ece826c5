namespace XlLoraOnnx.Tokenizers;

/// <summary>What becomes of the text that a pattern matched.</summary>
internal enum SplitBehavior
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

/// <summary><c>Split</c>, and every other that cuts where a pattern matches.</summary>
/// <param name="invert">The pattern says what stays, not where to cut.</param>
internal sealed class SplitPreTokenizer(SplitPattern pattern, SplitBehavior behavior, bool invert = false) : IPreTokenizer
{
    public void PreTokenize(WorkingText text)
    {
        var next = text.BeginPieces();
        for (var i = 0; i < text.Pieces.Count; i++)
        {
            var piece = text.Pieces[i];
            if (piece.IsToken)
            {
                next.Add(piece);
                continue;
            }
            text.Matches.Clear();
            pattern.FindMatches(text.Chars[piece.Start..piece.End], text.Matches, text.Regex);
            Split(piece, text.Matches, next);
        }
        text.EndPieces();
    }

    private void Split(TextPiece piece, MatchList matches, PieceList next)
    {
        var cut = new PieceCut(piece.Start, behavior, next);
        var position = piece.Start;
        for (var i = 0; i < matches.Count; i++)
        {
            var (start, end) = (piece.Start + matches[i].Start, piece.Start + matches[i].End);
            if (position != start)
                cut.Add(start, matched: invert);
            cut.Add(end, matched: !invert);
            position = end;
        }
        if (position != piece.End)
            cut.Add(piece.End, matched: invert);
        cut.Finish();
    }

    /// <summary>Takes stretches from left to right, each with whether it matched.</summary>
    private struct PieceCut(int start, SplitBehavior behavior, PieceList pieces)
    {
        private int _pending = start; // a piece that may still grow begins here
        private int _end = start;
        private bool _hasPending;
        private bool _previous;

        public void Add(int end, bool matched)
        {
            switch (behavior)
            {
                case SplitBehavior.Removed when matched:
                    Finish();
                    (_pending, _end) = (end, end);
                    break;
                case SplitBehavior.MergedWithPrevious when matched && !_previous && _hasPending:
                case SplitBehavior.Contiguous when matched == _previous && _hasPending:
                // From the right: a match takes in what follows, unless that is a match too.
                case SplitBehavior.MergedWithNext when !matched && _previous && _hasPending:
                    _end = end;
                    break;
                default:
                    Finish();
                    _end = end;
                    _hasPending = true;
                    break;
            }
            _previous = matched;
        }

        public void Finish()
        {
            if (_hasPending)
                pieces.Add(_pending, _end);
            _pending = _end;
            _hasPending = false;
        }
    }
}
