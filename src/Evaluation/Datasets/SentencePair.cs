namespace XlLoraOnnx.Evaluation;

/// <summary>Two sentences in one field, as SemRel2024 has them.</summary>
/// <remarks>
/// Its files separate them by a line end, those of some languages (<c>afr_test_with_labels.csv</c>) by a tab; a line end may follow.
/// </remarks>
internal static class SentencePair
{
    /// <exception cref="InvalidDataException">The field does not hold two sentences.</exception>
    public static (string First, string Second) Split(string field, string where)
    {
        var text = field.ReplaceLineEndings("\n").Trim('\n');
        var lines = text.Split('\n');
        // A tab within one of two lines is text of it.
        if (lines.Length == 2)
            return (lines[0], lines[1]);
        var parts = text.Split('\t');
        return lines.Length == 1 && parts.Length == 2
            ? (parts[0], parts[1])
            : throw new InvalidDataException(
                $"{where}: the field Text holds {lines.Length} lines and {parts.Length - 1} tabs; a pair is two lines, or two sentences " +
                "with one tab between them.");
    }
}
