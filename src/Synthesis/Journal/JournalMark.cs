namespace XlLoraOnnx.Synthesis;

/// <summary>A record of an <see cref="IAnswerLog"/> without its texts, which <see cref="IAnswerLog.ReadAsync"/> gives.</summary>
/// <param name="Offset">Its <see cref="AnswerRecord.Position"/>.</param>
/// <param name="Key">The row.</param>
/// <param name="Side">Which of its sentences.</param>
/// <param name="Sample">Which of several answers for this side.</param>
/// <param name="Attempt">Which attempt at this answer; of a retry, the one that it opens.</param>
/// <param name="Context">Number of what it was made with.</param>
/// <param name="Finish">Why the model stopped.</param>
/// <param name="Reason">Null where it was accepted.</param>
/// <param name="PromptTokens">Of the request.</param>
/// <param name="Tokens">Of the answer.</param>
/// <param name="Milliseconds">When it was finished, since 1970 (UTC).</param>
/// <param name="IsRetry">Whether this is a <see cref="JournalRetry"/> and no answer.</param>
public readonly record struct JournalMark(
    long Offset,
    RowKey Key,
    SynthesisSide Side,
    int Sample,
    int Attempt,
    int Context,
    FinishReason Finish,
    RejectionReason? Reason,
    int PromptTokens,
    int Tokens,
    long Milliseconds,
    bool IsRetry = false)
{
    /// <summary>What stands of an answer in its mark.</summary>
    public static JournalMark Of(long offset, in JournalAnswer answer) => new(
        offset, answer.Key, answer.Side, answer.Sample, answer.Attempt, answer.Context, answer.Finish, answer.Reason,
        answer.PromptTokens, answer.Tokens, answer.Milliseconds);

    /// <summary>The mark of a retry, which has no answer.</summary>
    public static JournalMark Of(long offset, in JournalRetry retry) => new(
        offset, retry.Key, retry.Side, retry.Sample, retry.Attempt, Context: 0, FinishReason.Stop, Reason: null, PromptTokens: 0, Tokens: 0,
        Milliseconds: 0, IsRetry: true);
}

/// <summary>Opens another attempt at a sentence that was rejected; the answer to it closes it.</summary>
public readonly record struct JournalRetry(RowKey Key, SynthesisSide Side, int Sample, int Attempt);
