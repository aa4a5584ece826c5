namespace XlLoraOnnx.Evaluation;

/// <summary>trec_eval's order of document ids: by their UTF-8 bytes. Documents of equal score rank by descending id.</summary>
internal static class TrecOrder
{
    public static int Compare(string left, string right)
    {
        int common = left.AsSpan().CommonPrefixLength(right);
        if (common == left.Length || common == right.Length)
            return left.Length.CompareTo(right.Length);
        return CodePointOrder(left[common]).CompareTo(CodePointOrder(right[common]));
    }

    // In UTF-16 surrogates lie below U+E000 to U+FFFF; as code points, and so in UTF-8, they lie above.
    private static int CodePointOrder(char c) => c < 0xD800 ? c : c < 0xE000 ? c + 0x2000 : c - 0x800;
}
