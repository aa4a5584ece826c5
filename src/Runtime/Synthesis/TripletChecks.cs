namespace XlLoraOnnx.Runtime;

/// <summary>The checks that an anchor passes before generation, and both answers after it.</summary>
internal static class TripletChecks
{
    /// <summary>Null if the anchor may be sent to the model.</summary>
    public static Rejection? Check(Anchor anchor)
    {
        if (string.IsNullOrWhiteSpace(anchor.Sent0))
            return new Rejection(RejectionReason.EmptyAnchor, "The anchor is blank.");
        int nul = anchor.Sent0.IndexOf('\0', StringComparison.Ordinal);
        return nul < 0 ? null : new Rejection(RejectionReason.ControlCharacter, $"The anchor has a NUL character at index {nul}.");
    }

    public static SynthesisResult Combine(Anchor anchor, GenerationResult positive, GenerationResult negative)
    {
        var result = new SynthesisResult
        {
            RowId = anchor.RowId,
            Sent0 = anchor.Sent0,
            Sent1 = AnswerOf(positive),
            HardNeg = AnswerOf(negative),
        };
        var rejection = NotGenerated("positive", positive)
            ?? NotGenerated("hard negative", negative)
            ?? Unfinished(RejectionReason.PositiveTooLong, "positive", positive)
            ?? Unfinished(RejectionReason.NegativeTooLong, "hard negative", negative)
            ?? Compare(result);
        return result with { Rejected = rejection };
    }

    private static string? AnswerOf(GenerationResult generated) =>
        generated.FinishReason == FinishReason.Rejected ? null : AnswerParser.Parse(generated.Text);

    private static Rejection? NotGenerated(string polarity, GenerationResult generated)
    {
        if (generated.FinishReason != FinishReason.Rejected)
            return null;
        var reason = generated.RejectionKind switch
        {
            RejectionKind.TooLong => RejectionReason.PromptTooLong,
            RejectionKind.SpecialToken => RejectionReason.SpecialToken,
            _ => RejectionReason.Failed,
        };
        return new Rejection(reason, $"The {polarity} was not generated: {generated.Error ?? "the generator gave no reason."}");
    }

    private static Rejection? Unfinished(RejectionReason reason, string polarity, GenerationResult generated) =>
        generated.FinishReason == FinishReason.Length
            ? new Rejection(reason, $"The {polarity} had not ended after {generated.TokenCount} tokens.")
            : null;

    private static Rejection? Compare(SynthesisResult row)
    {
        var anchor = row.Sent0.Trim();
        if (row.Sent1 is "")
            return new Rejection(RejectionReason.EmptyPositive, "The positive is blank.");
        if (row.HardNeg is "")
            return new Rejection(RejectionReason.EmptyNegative, "The hard negative is blank.");
        if (row.Sent1 == anchor)
            return new Rejection(RejectionReason.CopiesAnchor, "The positive is the anchor itself.");
        if (row.HardNeg == anchor)
            return new Rejection(RejectionReason.CopiesAnchor, "The hard negative is the anchor itself.");
        return row.Sent1 == row.HardNeg
            ? new Rejection(RejectionReason.PositiveEqualsNegative, $"Positive and hard negative are both \"{row.Sent1}\".")
            : null;
    }
}
