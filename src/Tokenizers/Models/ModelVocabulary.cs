namespace XlLoraOnnx.Tokenizers;

/// <summary>Pieces and their ids, both ways.</summary>
internal sealed class ModelVocabulary
{
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _idsOfSpans;
    private readonly string?[] _pieces;

    public ModelVocabulary(Dictionary<string, int> ids, string?[] pieces)
    {
        _ids = ids;
        _idsOfSpans = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _pieces = pieces;
    }

    /// <summary>One more than the highest id.</summary>
    public int Size => _pieces.Length;

    public IEnumerable<KeyValuePair<string, int>> Entries => _ids;

    /// <returns>−1 where there is none.</returns>
    public int IdOf(ReadOnlySpan<char> piece) => _idsOfSpans.TryGetValue(piece, out var id) ? id : -1;

    public string? PieceOf(int id) => (uint)id < (uint)_pieces.Length ? _pieces[id] : null;

    /// <summary>The ids of <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>; −1 for those that are missing.</summary>
    public int[] ByteIds() => [.. Enumerable.Range(0, 256).Select(b => IdOf($"<0x{b:X2}>"))];
}
