namespace XlLoraOnnx.Synthesis;

/// <summary>Takes away what is not the sentence, one named repair after the other, until nothing is left to take.</summary>
internal static class AnswerRepairing
{
    /// <summary>Quotes in bold after a preamble need three.</summary>
    private const int MaxRounds = 4;

    public static string Repair(string text, string anchor, out IReadOnlyList<AnswerRepair> repairs)
    {
        List<AnswerRepair>? made = null;
        text = Note(text, text.Trim(), AnswerRepair.Trim, ref made);
        for (var round = 0; round < MaxRounds; round++)
        {
            var before = text;
            text = Note(text, TurnMarkers.Cut(text), AnswerRepair.TurnMarker, ref made);
            text = Note(text, Preambles.Cut(text, anchor), AnswerRepair.Preamble, ref made);
            text = Note(text, Explanations.Cut(text), AnswerRepair.Explanation, ref made);
            text = Note(text, ListItems.Cut(text), AnswerRepair.ListItem, ref made);
            text = Note(text, Markdowns.Cut(text), AnswerRepair.Markdown, ref made);
            text = Note(text, Quotations.Cut(text), AnswerRepair.Quotes, ref made);
            if (before == text)
                break;
        }
        text = Note(text, JoinLines(text), AnswerRepair.LineBreaks, ref made);
        repairs = made ?? [];
        return text;
    }

    private static string Note(string before, string after, AnswerRepair repair, ref List<AnswerRepair>? made)
    {
        if (ReferenceEquals(before, after) || before == after)
            return before;
        made ??= [];
        if (!made.Contains(repair))
            made.Add(repair);
        return after;
    }

    private static string JoinLines(string text) => text.AsSpan().ContainsAny('\n', '\r')
        ? string.Join(' ', text.Split(['\n', '\r'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        : text;
}
