namespace XlLoraOnnx.Runtime;

/// <summary>The proof that a mounted adapter does something: the same prompt with it and without it.</summary>
internal static class CanaryCheck
{
    /// <exception cref="InvalidDataException">It changes no logit.</exception>
    public static void Require(string adapter, int promptTokens, ReadOnlySpan<float> baseLogits, ReadOnlySpan<float> adapted)
    {
        if (adapted.SequenceEqual(baseLogits))
            throw new InvalidDataException(
                $"Adapter '{adapter}' does nothing: the canary prompt of {promptTokens} tokens gives the same {adapted.Length:N0} " +
                "logits with it and without it. Its factors may be zero (an untrained adapter) or belong to another model. " +
                "Mount it anyway with the canary switched off (--no-canary, or XlLoraModelOptions.Canary = false).");
    }
}
