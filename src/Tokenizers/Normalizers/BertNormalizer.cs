namespace XlLoraOnnx.Tokenizers;

/// <summary><c>BertNormalizer</c></summary>
internal sealed class BertNormalizer : INormalizer
{
    private readonly NormalizerSequence _steps;

    /// <param name="stripAccents">Null: where it makes lower case.</param>
    public BertNormalizer(bool cleanText, bool handleChineseChars, bool? stripAccents, bool lowercase)
    {
        var steps = new List<INormalizer>();
        if (cleanText)
            steps.Add(new CodePointNormalizer(CodePointMaps.Clean));
        if (handleChineseChars)
            steps.Add(new SpacesAroundIdeographs());
        if (stripAccents ?? lowercase)
            steps.AddRange(
            [
                new UnicodeNormalizer(compatible: false, compose: false),
                new CodePointNormalizer(CodePointMaps.WithoutNonSpacingMarks),
            ]);
        if (lowercase)
            steps.Add(new LowercaseNormalizer());
        _steps = new NormalizerSequence([.. steps]);
    }

    public void Normalize(WorkingText text) => _steps.Normalize(text);

    private sealed class SpacesAroundIdeographs : INormalizer
    {
        public void Normalize(WorkingText text)
        {
            if (text.Chars.IndexOfAnyInRange('\u3400', '\uFAFF') < 0)
                return;
            text.BeginRewrite();
            for (var i = 0; i < text.Length;)
            {
                var ideograph = IsIdeograph(Characters.At(text.Chars, i, out var width));
                if (ideograph)
                    text.Write(' ', i, i + width);
                text.Copy(i, width);
                if (ideograph)
                    text.Write(' ', i, i + width);
                i += width;
            }
            text.EndRewrite();
        }

        /// <summary>As the reference has it, which begins the fourth extension at U+2B920.</summary>
        private static bool IsIdeograph(int codePoint) => codePoint is >= 0x4E00 and <= 0x9FFF or >= 0x3400 and <= 0x4DBF
            or >= 0x20000 and <= 0x2A6DF or >= 0x2A700 and <= 0x2B73F or >= 0x2B740 and <= 0x2B81F or >= 0x2B920 and <= 0x2CEAF
            or >= 0xF900 and <= 0xFAFF or >= 0x2F800 and <= 0x2FA1F;
    }
}
