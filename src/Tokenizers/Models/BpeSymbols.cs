using System.Text;

namespace XlLoraOnnx.Tokenizers;

/// <summary>What a piece consists of before anything merges: a symbol for each character, for its bytes, or the unknown one.</summary>
internal sealed class BpeSymbols
{
    private const int NoId = -1;

    private readonly ModelVocabulary _vocabulary;
    private readonly BpeSettings _settings;
    private readonly int[] _basicPlane = new int[0x10000];
    private readonly int[]? _byteIds;
    private readonly bool _mayLeaveOut;

    public BpeSymbols(ModelVocabulary vocabulary, BpeSettings settings)
    {
        _vocabulary = vocabulary;
        _settings = settings;
        for (var c = 0; c < _basicPlane.Length; c++)
            _basicPlane[c] = vocabulary.IdOf([(char)c]);
        if (settings.ByteFallback)
            _byteIds = vocabulary.ByteIds();
        _mayLeaveOut = settings.Unknown == NoId && _byteIds?.Contains(NoId) != false;
    }

    /// <summary>
    /// Every symbol depends on its own character alone. Where only some bytes have pieces, the reference puts an unknown character behind
    /// the bytes that follow it.
    /// </summary>
    public bool AreIndependent =>
        _settings.HasPlainSymbols && (_byteIds is null || !_byteIds.Contains(NoId) || _byteIds.All(id => id == NoId));

    /// <summary>Ids that stand for no text of their own.</summary>
    public bool IsSubstitute(int id) => id == _settings.Unknown || _byteIds?.Contains(id) == true;

    /// <summary>
    /// No symbol stands for the character, so that its neighbours come to lie side by side. Of halves of surrogate pairs that is not known:
    /// they count as such where any character may.
    /// </summary>
    public bool IsLeftOut(char c) => _mayLeaveOut && (char.IsSurrogate(c) || _basicPlane[c] == NoId);

    public string ContinuingPrefix => _settings.ContinuingPrefix;

    public void Read(ReadOnlySpan<char> piece, int start, int end, BpeScratch scratch)
    {
        var unknownStart = NoId;
        var unknownEnd = NoId;
        for (var i = start; i < end;)
        {
            var codePoint = Characters.At(piece, i, out var width);
            var id = IdOf(piece, i, width);
            if (id != NoId)
            {
                FlushUnknown();
                scratch.Add(id, i, i + width);
            }
            else if (!TryAddBytes(codePoint, i, width, scratch) && _settings.Unknown != NoId)
            {
                if (!_settings.FuseUnknown)
                    FlushUnknown();
                unknownStart = unknownStart == NoId ? i : unknownStart;
                unknownEnd = i + width;
            }
            i += width;
        }
        FlushUnknown();

        void FlushUnknown()
        {
            if (unknownStart != NoId)
                scratch.Add(_settings.Unknown, unknownStart, unknownEnd);
            unknownStart = NoId;
        }
    }

    private int IdOf(ReadOnlySpan<char> piece, int start, int width)
    {
        if (_settings.HasPlainSymbols)
            return width == 1 ? _basicPlane[piece[start]] : _vocabulary.IdOf(piece.Slice(start, width));
        var symbol = string.Concat(
            start > 0 ? _settings.ContinuingPrefix : "",
            piece.Slice(start, width),
            start + width == piece.Length ? _settings.EndOfWordSuffix : "");
        return _vocabulary.IdOf(symbol);
    }

    private bool TryAddBytes(int codePoint, int start, int width, BpeScratch scratch)
    {
        // The reference asks for the bytes of the symbol with its prefix and suffix; no vocabulary has both.
        if (_byteIds is null)
            return false;
        Span<byte> bytes = stackalloc byte[4];
        bytes = bytes[..new Rune(codePoint).EncodeToUtf8(bytes)];
        foreach (var b in bytes)
        {
            if (_byteIds[b] == NoId)
                return false;
        }
        foreach (var b in bytes)
            scratch.Add(_byteIds[b], start, start + width);
        return true;
    }
}
