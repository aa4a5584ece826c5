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
        var rejection = NotGenerated(SynthesisSide.Positive, positive)
            ?? NotGenerated(SynthesisSide.Negative, negative)
            ?? Unfinished(SynthesisSide.Positive, positive)
            ?? Unfinished(SynthesisSide.Negative, negative)
            ?? Compare(result);
        return result with { Rejected = rejection };
    }

    private static string? AnswerOf(GenerationResult generated) =>
        generated.FinishReason == FinishReason.Rejected ? null : AnswerParser.Parse(generated.Text);

    private static Rejection? NotGenerated(SynthesisSide side, GenerationResult generated)
    {
        if (generated.FinishReason != FinishReason.Rejected)
            return null;
        var reason = generated.RejectionKind switch
        {
            RejectionKind.TooLong => RejectionReason.PromptTooLong,
            RejectionKind.SpecialToken => RejectionReason.SpecialToken,
            _ => RejectionReason.Failed,
        };
        return new Rejection(reason, $"The {Words(side)} was not generated: {generated.Error ?? "the generator gave no reason."}", side);
    }

    private static Rejection? Unfinished(SynthesisSide side, GenerationResult generated) =>
        generated.FinishReason == FinishReason.Length
            ? new Rejection(RejectionReason.Length, $"The {Words(side)} had not ended after {generated.TokenCount} tokens.", side)
            : null;

    private static string Words(SynthesisSide side) => side == SynthesisSide.Positive ? "positive" : "hard negative";

    private static Rejection? Compare(SynthesisResult row)
    {
        var anchor = row.Sent0.Trim();
        if (row.Sent1 is "")
            return new Rejection(RejectionReason.Empty, "The positive is blank.", SynthesisSide.Positive);
        if (row.HardNeg is "")
            return new Rejection(RejectionReason.Empty, "The hard negative is blank.", SynthesisSide.Negative);
        if (row.Sent1 == anchor)
            return new Rejection(RejectionReason.Copy, "The positive is the anchor itself.", SynthesisSide.Positive);
        if (row.HardNeg == anchor)
            return new Rejection(RejectionReason.Copy, "The hard negative is the anchor itself.", SynthesisSide.Negative);
        return row.Sent1 == row.HardNeg
            ? new Rejection(RejectionReason.Equal, $"Positive and hard negative are both \"{row.Sent1}\".")
            : null;
    }
}
