using System.Numerics.Tensors;

namespace XlLoraOnnx.Runtime;

/// <summary>transformers' RepetitionPenaltyLogitsProcessor: each token that has occurred is penalised once, however often it has.</summary>
/// <remarks>Touches only the tokens that have occurred, never the vocabulary.</remarks>
internal sealed class RepetitionPenaltyProcessor
{
    // A bit for each token id; all are 0 between two calls.
    private ulong[] _seen = [];

    /// <exception cref="ArgumentOutOfRangeException">A token has no logit.</exception>
    public void Apply(Span<float> logits, ReadOnlySpan<int> prompt, ReadOnlySpan<int> generated, float penalty)
    {
        Check(prompt, logits.Length, nameof(prompt));
        Check(generated, logits.Length, nameof(generated));
        if (_seen.Length * 64 < logits.Length)
            _seen = new ulong[(logits.Length + 63) / 64];
        Penalize(logits, prompt, penalty);
        Penalize(logits, generated, penalty);
        Forget(prompt);
        Forget(generated);
    }

    private static void Check(ReadOnlySpan<int> tokens, int vocabulary, string name)
    {
        if (tokens.IsEmpty)
            return;
        var (lowest, highest) = (TensorPrimitives.Min(tokens), TensorPrimitives.Max(tokens));
        if (lowest < 0 || highest >= vocabulary)
            throw new ArgumentOutOfRangeException(name, lowest < 0 ? lowest : highest,
                $"A token id is {(lowest < 0 ? lowest : highest)}; the logits are those of 0 to {vocabulary - 1}.");
    }

    private void Penalize(Span<float> logits, ReadOnlySpan<int> tokens, float penalty)
    {
        foreach (int token in tokens)
        {
            ulong bit = 1UL << token;
            if ((_seen[token >> 6] & bit) != 0)
                continue;
            _seen[token >> 6] |= bit;
            float score = logits[token];
            logits[token] = score < 0 ? score * penalty : score / penalty;
        }
    }

    private void Forget(ReadOnlySpan<int> tokens)
    {
        foreach (int token in tokens)
            _seen[token >> 6] = 0;
    }
}
