namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>Texts as a run gives them to what looks at all of them.</summary>
internal static class FoldedTextExtensions
{
    public static int AddText(this FrequentTexts texts, string text)
    {
        using var folded = new FoldedText(text);
        return texts.Add(text, folded.Text);
    }

    public static NearDuplicateOf? AddText(this NearDuplicateIndex texts, long row, string text)
    {
        using var folded = new FoldedText(text);
        return texts.Add(row, folded.Text);
    }
}
