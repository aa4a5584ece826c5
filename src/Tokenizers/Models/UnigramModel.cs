namespace XlLoraOnnx.Tokenizers;

/// <summary>
/// Unigram (Kudo 2018, as SentencePiece has it): the pieces whose scores add up to most, found in one pass from left to right. Time grows
/// with the text times the longest piece of the vocabulary.
/// </summary>
internal sealed class UnigramModel : ITokenModel
{
    private const double UnknownPenalty = 10;
    private const int NoId = -1;

    private readonly PieceTrie _trie = new();
    private readonly double[] _scores;
    private readonly int _unknown;
    private readonly double _unknownScore;
    private readonly int[]? _byteIds;

    /// <param name="scores">By id.</param>
    /// <param name="unknown">−1 where the vocabulary has none: a text that needs it is refused.</param>
    public UnigramModel(ModelVocabulary vocabulary, double[] scores, int unknown, bool byteFallback)
    {
        Vocabulary = vocabulary;
        _scores = scores;
        _unknown = unknown;
        _unknownScore = scores.Min() - UnknownPenalty;
        foreach (var (piece, id) in vocabulary.Entries)
            _trie.Add(piece, id);
        if (byteFallback)
            _byteIds = vocabulary.ByteIds();
    }

    public ModelVocabulary Vocabulary { get; }

    public void Tokenize(ReadOnlySpan<char> piece, TokenOutput output, ModelScratch scratch)
    {
        var lattice = scratch.Lattice;
        lattice.Reset(piece.Length);
        FindBestWays(piece, lattice);
        var count = 0;
        for (var end = piece.Length; end > 0; end = lattice.Starts[end])
            lattice.Ends[count++] = end;
        for (var start = 0; count > 0;)
        {
            var end = lattice.Ends[--count];
            var id = lattice.Ids[end];
            if (id != _unknown)
            {
                output.Add(id, start, end);
                start = end;
                continue;
            }
            while (count > 0 && lattice.Ids[lattice.Ends[count - 1]] == _unknown)
                end = lattice.Ends[--count];
            AddUnknown(piece[start..end], start, output);
            start = end;
        }
    }

    private void FindBestWays(ReadOnlySpan<char> piece, LatticeScratch lattice)
    {
        var (scores, starts, ids) = (lattice.Scores, lattice.Starts, lattice.Ids);
        for (var start = 0; start < piece.Length;)
        {
            var here = scores[start];
            Characters.At(piece, start, out var width);
            var hasSingle = false;
            var node = PieceTrie.Root;
            for (var end = start + 1; end <= piece.Length; end++)
            {
                node = _trie.Child(node, piece[end - 1]);
                if (node == PieceTrie.None)
                    break;
                var id = _trie.IdAt(node);
                if (id == PieceTrie.None)
                    continue;
                Offer(end, here + _scores[id], id);
                hasSingle |= end - start == width;
            }
            if (!hasSingle)
                Offer(start + width, here + _unknownScore, _unknown);
            start += width;

            void Offer(int end, double score, int id)
            {
                if (starts[end] != LatticeScratch.Unreached && score <= scores[end])
                    return;
                scores[end] = score;
                starts[end] = start;
                ids[end] = id;
            }
        }
    }

    /// <summary>Neighbouring unknown characters are one token; or their bytes are, where the vocabulary has them all.</summary>
    private void AddUnknown(ReadOnlySpan<char> text, int start, TokenOutput output)
    {
        var id = Vocabulary.IdOf(text); // together they may be a piece whose score was too bad
        if (id != NoId)
        {
            output.Add(id, start, start + text.Length);
            return;
        }
        if (_byteIds is not null && ByteFallback.TryAdd(text, start, _byteIds, output))
            return;
        if (_unknown < 0)
            throw new NotSupportedException(
                $"The text has '{text}', which this Unigram vocabulary of {Vocabulary.Size:N0} pieces cannot express: it has no unk_id.");
        output.Add(_unknown, start, start + text.Length);
    }
}
