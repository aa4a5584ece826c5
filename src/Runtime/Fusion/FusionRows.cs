namespace XlLoraOnnx.Runtime;

/// <summary>Texts and the same in another language, padded to one length.</summary>
/// <param name="Target">What is read with the adapter.</param>
/// <param name="SourceMask">Where there is a source; elsewhere the adapter is plain LoRA.</param>
/// <param name="TargetMask">What functions see that look at several positions: a position those of its own number, one of number 0 all
/// others, and 0 is seen by none.</param>
/// <param name="SourceStates">By layer; one for all of them from a translation model's encoder; none for a plain adapter.</param>
internal sealed record FusionRows(EncoderRows Target, long[] SourceMask, long[] TargetMask, IReadOnlyList<float[]> SourceStates)
{
    /// <summary>As FLARE's released code has it: padding is fused like any token.</summary>
    public static FusionRows Released(EncoderRows target, IReadOnlyList<float[]> sourceStates)
    {
        var ones = new long[target.InputIds.Length];
        Array.Fill(ones, 1);
        return new FusionRows(target, ones, ones, sourceStates);
    }

    /// <summary>Padding is no source, and is not looked at: the result of a row does not depend on it.</summary>
    public static FusionRows Masked(EncoderRows target, EncoderRows source, IReadOnlyList<float[]> sourceStates) =>
        new(target, source.AttentionMask, target.AttentionMask, sourceStates);

    /// <summary>A token more of each row, with a state of its source where the mask is 1; what was read before is in a cache.</summary>
    /// <param name="tokens">Its mask is that of all tokens.</param>
    public static FusionRows Next(EncoderRows tokens, long[] sourceMask, IReadOnlyList<float[]> sourceStates) =>
        Released(tokens, sourceStates) with { SourceMask = sourceMask };

    /// <summary>A text alone: the adapter is plain LoRA everywhere.</summary>
    public static FusionRows Alone(EncoderRows target) =>
        new(target, new long[target.InputIds.Length], target.AttentionMask, []);
}
