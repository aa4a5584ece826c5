namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>Decided rows for tests of what comes after the journal.</summary>
internal static class OutputRows
{
    public static OutputRow Make(
        long row, string anchor, string? positive, string? negative, Rejection? rejected = null, int sample = 0, string? raw = null)
    {
        var key = RowKey.Of(anchor, row);
        return new OutputRow(new KeyedAnchor(row, key, 0, anchor), sample)
        {
            Positive = Answer(key, SynthesisSide.Positive, positive, raw),
            Negative = Answer(key, SynthesisSide.Negative, negative, raw),
            Rejected = rejected,
        };
    }

    private static OutputAnswer? Answer(RowKey key, SynthesisSide side, string? text, string? raw) => text is null ? null
        : new OutputAnswer(new JournalAnswer
        {
            Key = key,
            Side = side,
            Attempt = side == SynthesisSide.Positive ? 1 : 0,
            Context = 0,
            Finish = FinishReason.Stop,
            Text = text,
            RawText = raw,
            Repairs = raw is null ? [] : ["quotes"],
            PromptTokens = 10,
            Tokens = 5,
        }, "context-1", side == SynthesisSide.Positive ? "pos" : "neg");
}
