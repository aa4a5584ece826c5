namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class RunTallyTests
{
    private static readonly RowKey Row = new(new byte[RowKey.Bytes]);

    [TestMethod]
    public void Take_InWhateverOrder_CountsARowWhenBothSentencesAreDecided()
    {
        JournalMark[] marks =
        [
            Mark(SynthesisSide.Positive, attempt: 0), Mark(SynthesisSide.Negative, attempt: 0, RejectionReason.EmptyAnchor),
            Mark(SynthesisSide.Negative, attempt: 1, isRetry: true), Mark(SynthesisSide.Negative, attempt: 1, RejectionReason.EmptyAnchor),
        ];

        foreach (var order in (int[][])[[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]])
        {
            var tally = new RunTally(TripletColumns.Sides, maxAttempts: 2);
            foreach (var i in order)
                tally.Take(marks[i]);

            Assert.AreEqual((1L, 3L), (tally.Decided, tally.Answers), string.Join(' ', order));
        }
    }

    [TestMethod]
    public void Take_WhatARetryOpens_IsDecidedNoLonger()
    {
        var tally = new RunTally([SynthesisSide.Negative], maxAttempts: 1);
        tally.Take(Mark(SynthesisSide.Negative, attempt: 0, RejectionReason.EmptyAnchor));
        Assert.AreEqual(1, tally.Decided);

        tally.Take(Mark(SynthesisSide.Negative, attempt: 1, isRetry: true));

        Assert.AreEqual(0, tally.Decided);
    }

    private static JournalMark Mark(SynthesisSide side, int attempt, RejectionReason? reason = null, bool isRetry = false) =>
        new(Offset: 0, Row, side, Sample: 0, attempt, Context: 0, FinishReason.Stop, reason, PromptTokens: 1, Tokens: 1, Milliseconds: 0,
            isRetry);
}
