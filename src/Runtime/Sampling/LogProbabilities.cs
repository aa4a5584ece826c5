using System.Numerics.Tensors;

namespace XlLoraOnnx.Runtime;

/// <summary>Logits as a search over beams needs them.</summary>
internal static class LogProbabilities
{
    private const int Block = 1024;

    /// <summary>log Σ exp(logit): what is subtracted from a logit to have its log-probability.</summary>
    /// <exception cref="InvalidDataException">The logits are no numbers.</exception>
    public static double LogSumExp(ReadOnlySpan<float> logits)
    {
        var largest = TensorPrimitives.Max(logits);
        if (!float.IsFinite(largest))
            throw new InvalidDataException(FormattableString.Invariant(
                $"The largest of {logits.Length} logits is {largest}: the model computed something that is not a number. ")
                + "Check the model folder and its adapters with 'xllora-onnx verify'.");
        Span<float> shares = stackalloc float[Block];
        var sum = 0.0;
        for (var first = 0; first < logits.Length; first += Block)
        {
            var part = logits.Slice(first, Math.Min(Block, logits.Length - first));
            var to = shares[..part.Length];
            TensorPrimitives.Subtract(part, largest, to);
            TensorPrimitives.Exp(to, to);
            sum += TensorPrimitives.Sum(to);
        }
        return largest + Math.Log(sum);
    }

    /// <summary>The largest, the first of equal ones first.</summary>
    /// <param name="tokens">Receives them; as many as are wanted, of at least as many logits.</param>
    public static void Largest(ReadOnlySpan<float> logits, Span<int> tokens)
    {
        var found = 0;
        for (var first = 0; first < logits.Length; first += Block)
        {
            var part = logits.Slice(first, Math.Min(Block, logits.Length - first));
            if (found == tokens.Length && !(TensorPrimitives.Max(part) > logits[tokens[^1]]))
                continue;
            for (var i = 0; i < part.Length; i++)
            {
                if (found == tokens.Length && !(part[i] > logits[tokens[^1]]))
                    continue;
                var place = found < tokens.Length ? found++ : found - 1;
                for (; place > 0 && logits[tokens[place - 1]] < part[i]; place--)
                    tokens[place] = tokens[place - 1];
                tokens[place] = first + i;
            }
        }
    }
}
