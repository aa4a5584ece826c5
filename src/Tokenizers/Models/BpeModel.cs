namespace XlLoraOnnx.Tokenizers;

/// <summary>
/// Byte-pair encoding (Sennrich et al. 2016), from characters or from bytes. Where no merge reaches across two neighbouring characters, the
/// text is cut there and each part merged by itself: the outcome is the same, and most parts are words that were met before. What is left
/// merges with a heap, so that time grows with n log n.
/// </summary>
internal sealed class BpeModel : ITokenModel
{
    private const int NoId = -1;

    private readonly BpeSettings _settings;
    private readonly BpeMerges _merges;
    private readonly BpeSymbols _symbols;

    public BpeModel(ModelVocabulary vocabulary, IReadOnlyList<BpeMerge> merges, BpeSettings settings)
    {
        Vocabulary = vocabulary;
        _settings = settings;
        _symbols = new BpeSymbols(vocabulary, settings);
        _merges = new BpeMerges(vocabulary, merges, _symbols);
    }

    public ModelVocabulary Vocabulary { get; }

    public void Tokenize(ReadOnlySpan<char> piece, TokenOutput output, ModelScratch scratch)
    {
        if (_settings.IgnoreMerges && Vocabulary.IdOf(piece) is >= 0 and var whole)
        {
            output.Add(whole, 0, piece.Length);
            return;
        }
        var afterUnknown = false;
        for (var start = 0; start < piece.Length;)
        {
            var end = _merges.PartEnd(piece, start);
            TokenizePart(piece, start, end, output, scratch.Bpe, ref afterUnknown);
            start = end;
        }
    }

    /// <param name="afterUnknown">The token before, of this same piece, is an unknown one.</param>
    private void TokenizePart(
        ReadOnlySpan<char> piece, int start, int end, TokenOutput output, BpeScratch scratch, ref bool afterUnknown)
    {
        var part = piece[start..end];
        var slot = 0;
        var cached = _settings.HasPlainSymbols && part.Length is > 1 and <= BpeWordCache.LongestWord;
        if (cached)
        {
            slot = BpeWordCache.SlotOf(part);
            if (!output.Tracks && scratch.Cache.TryGet(part, slot, out var ids))
            {
                foreach (var id in ids)
                    Add(id, start, end, output, ref afterUnknown);
                return;
            }
        }
        scratch.Clear();
        _symbols.Read(piece, start, end, scratch);
        _merges.Apply(scratch);
        Span<int> merged = stackalloc int[BpeWordCache.LongestWord];
        var count = 0;
        for (var i = 0; i < scratch.Count; i = scratch.Symbols[i].Next)
        {
            ref var symbol = ref scratch.Symbols[i];
            Add(symbol.Id, symbol.Start, symbol.End, output, ref afterUnknown);
            if (count < merged.Length)
                merged[count] = symbol.Id;
            count++;
        }
        if (cached && count <= merged.Length)
            scratch.Cache.Set(part, slot, merged[..count]);
    }

    private void Add(int id, int start, int end, TokenOutput output, ref bool afterUnknown)
    {
        var unknown = id == _settings.Unknown && id != NoId;
        if (unknown && afterUnknown && _settings.FuseUnknown)
            output.ExtendLast(end);
        else
            output.Add(id, start, end);
        afterUnknown = unknown;
    }
}
