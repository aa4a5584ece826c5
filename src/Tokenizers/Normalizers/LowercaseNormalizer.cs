namespace XlLoraOnnx.Tokenizers;

/// <summary><c>Lowercase</c></summary>
internal sealed class LowercaseNormalizer : INormalizer
{
    private const char DottedCapital = '\u0130';
    private const string DottedSmall = "i\u0307";

    private static readonly CodePointNormalizer Simple = new(CodePointMaps.Lower);

    public void Normalize(WorkingText text)
    {
        if (text.Chars.Contains(DottedCapital))
            ReplaceDotted(text);
        Simple.Normalize(text);
    }

    /// <summary>The only character whose small form has two.</summary>
    private static void ReplaceDotted(WorkingText text)
    {
        text.BeginRewrite();
        for (var i = 0; i < text.Length; i++)
        {
            if (text.Chars[i] == DottedCapital)
                text.Write(DottedSmall, i, i + 1);
            else
                text.Copy(i, 1);
        }
        text.EndRewrite();
    }
}
