namespace XlLoraOnnx.Tokenizers;

/// <summary>Puts an encoding together, place by place of the template.</summary>
internal sealed class EncodingBuilder(Func<int, string> tokenOf)
{
    private readonly List<int> _ids = [];
    private readonly List<TokenOffset> _offsets = [];
    private readonly List<int> _typeIds = [];
    private readonly List<int> _attentionMask = [];
    private readonly List<int> _specialMask = [];

    public int Count => _ids.Count;

    public void Add(int id, TokenOffset offset, int typeId, bool special)
    {
        _ids.Add(id);
        _offsets.Add(offset);
        _typeIds.Add(typeId);
        _attentionMask.Add(1);
        _specialMask.Add(special ? 1 : 0);
    }

    public void Pad(int length, int padId, SequenceSide side)
    {
        var count = length - Count;
        if (count <= 0)
            return;
        var at = side == SequenceSide.Left ? 0 : Count;
        _ids.InsertRange(at, Enumerable.Repeat(padId, count));
        _offsets.InsertRange(at, Enumerable.Repeat(default(TokenOffset), count));
        _typeIds.InsertRange(at, Enumerable.Repeat(0, count));
        _attentionMask.InsertRange(at, Enumerable.Repeat(0, count));
        _specialMask.InsertRange(at, Enumerable.Repeat(1, count));
    }

    public TokenizerEncoding Build() => new()
    {
        Ids = _ids,
        Tokens = [.. _ids.Select(tokenOf)],
        Offsets = _offsets,
        TypeIds = _typeIds,
        AttentionMask = _attentionMask,
        SpecialTokensMask = _specialMask,
    };
}
