namespace XlLoraOnnx.Tokenizers;

/// <summary>
/// WordPiece (BERT, Devlin et al. 2018): the longest piece that fits, again and again; a word that does not work out is unknown.
/// </summary>
internal sealed class WordPieceModel : ITokenModel
{
    private readonly PieceTrie _trie = new();
    private readonly int _unknown;
    private readonly int _maxChars;
    private readonly int _continuation; // the node that continuing pieces go on from

    public WordPieceModel(ModelVocabulary vocabulary, int unknown, string continuingPrefix, int maxChars)
    {
        Vocabulary = vocabulary;
        _unknown = unknown;
        _maxChars = maxChars;
        foreach (var (piece, id) in vocabulary.Entries)
            _trie.Add(piece, id);
        _continuation = _trie.Walk(continuingPrefix);
    }

    public ModelVocabulary Vocabulary { get; }

    public void Tokenize(ReadOnlySpan<char> piece, TokenOutput output, ModelScratch scratch)
    {
        if (piece.Length > _maxChars && CountCodePoints(piece) > _maxChars || !Fits(piece))
        {
            output.Add(_unknown, 0, piece.Length);
            return;
        }
        for (var start = 0; start < piece.Length;)
        {
            var (length, id) = Longest(piece, start);
            output.Add(id, start, start + length);
            start += length;
        }
    }

    private bool Fits(ReadOnlySpan<char> piece)
    {
        for (var start = 0; start < piece.Length;)
        {
            var (length, _) = Longest(piece, start);
            if (length == 0)
                return false;
            start += length;
        }
        return true;
    }

    private (int Length, int Id) Longest(ReadOnlySpan<char> piece, int start) =>
        start == 0 ? _trie.Longest(PieceTrie.Root, piece)
        : _continuation == PieceTrie.None ? (0, PieceTrie.None)
        : _trie.Longest(_continuation, piece[start..]);

    private static int CountCodePoints(ReadOnlySpan<char> piece)
    {
        var count = 0;
        foreach (var c in piece)
            count += char.IsLowSurrogate(c) ? 0 : 1;
        return count;
    }
}
