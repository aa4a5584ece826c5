namespace XlLoraOnnx.Synthesis;

/// <summary>One finished answer, with the verdict of the filters and everything its receipt needs.</summary>
public readonly record struct JournalAnswer
{
    /// <summary>An answer without repairs.</summary>
    public JournalAnswer()
    {
    }

    /// <summary>The row it belongs to.</summary>
    public required RowKey Key { get; init; }

    /// <summary>The sentence that it answers.</summary>
    public required SynthesisSide Side { get; init; }

    /// <summary>Which of several answers for this side; from 0.</summary>
    public int Sample { get; init; }

    /// <summary>Which attempt at this answer; from 0.</summary>
    public int Attempt { get; init; }

    /// <summary>What it was made with: a number that <see cref="IAnswerLog.AddContext"/> of the same log has given.</summary>
    public required int Context { get; init; }

    /// <summary>Why the model stopped.</summary>
    public required FinishReason Finish { get; init; }

    /// <summary>The text that goes into the outputs, repairs applied.</summary>
    public required string Text { get; init; }

    /// <summary>What the model wrote; null where nothing was repaired.</summary>
    public string? RawText { get; init; }

    /// <summary>Names of the rules that repaired it, in their order.</summary>
    public IReadOnlyList<string> Repairs { get; init; } = [];

    /// <summary>Null where it was accepted.</summary>
    public RejectionReason? Reason { get; init; }

    /// <summary>Why it was rejected, for a person.</summary>
    public string? Detail { get; init; }

    /// <summary>Tokens of the request.</summary>
    public int PromptTokens { get; init; }

    /// <summary>Tokens of the answer.</summary>
    public int Tokens { get; init; }

    /// <summary>When it was finished, since 1970 (UTC); for display only, since clocks may go backwards.</summary>
    public long Milliseconds { get; init; }
}
