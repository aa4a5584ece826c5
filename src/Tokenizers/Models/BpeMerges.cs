namespace XlLoraOnnx.Tokenizers;

/// <summary>A merge of two pieces of the vocabulary; its place in the list is its rank.</summary>
internal readonly record struct BpeMerge(string Left, string Right);

/// <summary>Merges the symbols of a piece, best rank first; and knows where none can reach.</summary>
internal sealed class BpeMerges
{
    // Up to so many symbols looking through all of them is faster than a heap.
    private const int FewSymbols = 24;
    private const int BitCount = 1 << 20;

    private readonly MergeTable _table;
    private readonly BpeSymbols _symbols;
    // Two neighbouring characters that some merge joins, by a hash: one bit too many costs time and changes nothing. Null: never cut.
    private readonly ulong[]? _joined;

    public BpeMerges(ModelVocabulary vocabulary, IReadOnlyList<BpeMerge> merges, BpeSymbols symbols)
    {
        _table = new MergeTable(merges.Count);
        _symbols = symbols;
        _joined = symbols.AreIndependent ? new ulong[BitCount / 64] : null;
        var prefix = symbols.ContinuingPrefix.Length;
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var (left, right) = merges[rank];
            var (leftId, rightId) = (IdOf(left, rank, vocabulary), IdOf(right, rank, vocabulary));
            var id = IdOf(left + right[Math.Min(prefix, right.Length)..], rank, vocabulary);
            _table.Add(leftId, rightId, rank, id);
            if (symbols.IsSubstitute(leftId) || symbols.IsSubstitute(rightId) || left.Length == 0 || right.Length == 0)
                _joined = null;
            if (_joined is not null)
                Join(left[^1], right[0]);
        }
    }

    /// <summary>Where the part that begins at <paramref name="start"/> ends: no merge reaches across it.</summary>
    public int PartEnd(ReadOnlySpan<char> piece, int start)
    {
        if (_joined is null)
            return piece.Length;
        for (var i = start + 1; i < piece.Length; i++)
        {
            var bit = BitOf(piece[i - 1], piece[i]);
            if ((_joined[bit >> 6] >> (int)(bit & 63) & 1) == 0 && !char.IsLowSurrogate(piece[i])
                && !_symbols.IsLeftOut(piece[i - 1]) && !_symbols.IsLeftOut(piece[i]))
                return i;
        }
        return piece.Length;
    }

    public void Apply(BpeScratch scratch)
    {
        if (scratch.Count <= FewSymbols)
            ApplyToFew(scratch);
        else
            ApplyToMany(scratch);
    }

    private void ApplyToFew(BpeScratch scratch)
    {
        Span<(int Rank, int Id)> merges = stackalloc (int, int)[FewSymbols];
        var symbols = scratch.Symbols;
        var count = scratch.Count;
        for (var i = 0; i + 1 < count; i++)
            merges[i] = _table.Get(symbols[i].Id, symbols[i + 1].Id);
        while (true)
        {
            var best = MergeTable.None;
            var at = 0;
            for (var i = 0; i + 1 < count; i = symbols[i].Next)
            {
                if (merges[i].Rank < best)
                    (best, at) = (merges[i].Rank, i);
            }
            if (best == MergeTable.None)
                return;
            Merge(symbols, count, at, merges[at].Id);
            merges[at] = RightMerge(symbols, count, at);
            if (symbols[at].Previous >= 0)
                merges[symbols[at].Previous] = RightMerge(symbols, count, symbols[at].Previous);
        }
    }

    private void ApplyToMany(BpeScratch scratch)
    {
        var symbols = scratch.Symbols;
        var count = scratch.Count;
        for (var i = 0; i < count; i++)
            Push(i);
        while (scratch.Waiting > 0)
        {
            var (rank, at) = scratch.Pop();
            // What waited may have merged with another neighbour since.
            var merge = symbols[at].Id == BpeScratch.Gone ? (Rank: MergeTable.None, Id: 0) : RightMerge(symbols, count, at);
            if (merge.Rank != rank)
                continue;
            Merge(symbols, count, at, merge.Id);
            Push(at);
            if (symbols[at].Previous >= 0)
                Push(symbols[at].Previous);
        }

        void Push(int at)
        {
            var (rank, _) = RightMerge(symbols, count, at);
            if (rank != MergeTable.None)
                scratch.Push(rank, at);
        }
    }

    private (int Rank, int Id) RightMerge(BpeSymbol[] symbols, int count, int at) =>
        symbols[at].Next < count ? _table.Get(symbols[at].Id, symbols[symbols[at].Next].Id) : (MergeTable.None, 0);

    private static void Merge(BpeSymbol[] symbols, int count, int at, int id)
    {
        var right = symbols[at].Next;
        symbols[at].Id = id;
        symbols[at].End = symbols[right].End;
        symbols[at].Next = symbols[right].Next;
        symbols[right].Id = BpeScratch.Gone;
        if (symbols[at].Next < count)
            symbols[symbols[at].Next].Previous = at;
    }

    private static int IdOf(string piece, int rank, ModelVocabulary vocabulary) =>
        vocabulary.IdOf(piece) is >= 0 and var id
            ? id
            : throw new InvalidDataException(
                $"merges[{rank}] needs the piece '{piece}', which the vocabulary of {vocabulary.Size:N0} pieces has not.");

    private void Join(char left, char right)
    {
        var bit = BitOf(left, right);
        _joined![bit >> 6] |= 1UL << (int)(bit & 63);
    }

    private static uint BitOf(char left, char right) => (left * 0x9E3779B1u + right * 0x85EBCA6Bu) >> 12;
}
