namespace XlLoraOnnx.Tokenizers;

/// <summary>A token that is found in the text before the model sees it.</summary>
/// <param name="SingleWord">Not where a letter, digit or the like stands beside it.</param>
/// <param name="LeftStrip">It takes in the white space before it.</param>
/// <param name="RightStrip">It takes in the white space behind it.</param>
/// <param name="Normalized">It is looked for in the normalised text, as the normaliser leaves it.</param>
/// <param name="Special">Left out of decoded texts.</param>
internal sealed record AddedToken(
    int Id, string Content, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized, bool Special)
{
    // A text is compared with all of it at every place where it may begin.
    public const int MaxLength = 1024;
}
