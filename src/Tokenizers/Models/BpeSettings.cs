namespace XlLoraOnnx.Tokenizers;

/// <summary>The section <c>model</c> of a BPE tokenizer, but for the vocabulary and the merges.</summary>
/// <param name="Unknown">Id of <c>unk_token</c>; −1: characters without a piece are left out.</param>
/// <param name="FuseUnknown">Neighbouring unknown characters are one token.</param>
/// <param name="ByteFallback">Characters without a piece become the pieces of their bytes.</param>
/// <param name="IgnoreMerges">A word that is a piece is that piece, whatever the merges say.</param>
internal sealed record BpeSettings(
    int Unknown, bool FuseUnknown, bool ByteFallback, bool IgnoreMerges, string ContinuingPrefix, string EndOfWordSuffix)
{
    public const int NoUnknown = -1;

    /// <summary>Every symbol is a character's own, wherever it stands.</summary>
    public bool HasPlainSymbols => ContinuingPrefix.Length == 0 && EndOfWordSuffix.Length == 0;
}
