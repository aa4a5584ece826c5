namespace XlLoraOnnx.Synthesis;

/// <summary>An answer of a journal without its texts, which <see cref="JournalReader.Read"/> gives for its offset.</summary>
internal readonly record struct JournalMark(
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
    bool IsRetry = false);

/// <summary>Opens another attempt at a sentence that was rejected; the answer to it closes it.</summary>
internal readonly record struct JournalRetry(RowKey Key, SynthesisSide Side, int Sample, int Attempt);
