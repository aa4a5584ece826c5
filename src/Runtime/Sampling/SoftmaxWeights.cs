using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace XlLoraOnnx.Runtime;

/// <summary>The numerators of a softmax, <c>exp(logit − maximum)</c>, and sums of them.</summary>
/// <remarks>
/// An exponential of our own, and sums in lanes and blocks of fixed size: the same bits on every machine, which the mathematics of the
/// platform does not promise. Below e^−87 a weight is 0.
/// </remarks>
internal static class SoftmaxWeights
{
    private const int Lanes = 8;
    private const int Block = 1024;
    private const float Lowest = -87;
    // 355/512, so that its multiples are exact, and the rest of ln 2.
    private const float UpperLn2 = 0.693359375f;
    private const float LowerLn2 = -2.12194440e-4f;

    /// <param name="logits">At most the maximum, −∞ among them or not.</param>
    /// <param name="maximum">Finite; its weight is 1.</param>
    /// <param name="weights">As long as the logits, of which it may be the memory.</param>
    public static void Compute(ReadOnlySpan<float> logits, float maximum, Span<float> weights)
    {
        int whole = logits.Length - logits.Length % Lanes;
        ref float from = ref MemoryMarshal.GetReference(logits);
        ref float to = ref MemoryMarshal.GetReference(weights[..logits.Length]);
        var highest = Vector256.Create(maximum);
        for (nuint i = 0; i < (nuint)whole; i += Lanes)
            Exp(Vector256.LoadUnsafe(ref from, i) - highest).StoreUnsafe(ref to, i);
        if (whole == logits.Length)
            return;
        Span<float> rest = stackalloc float[Lanes];
        logits[whole..].CopyTo(rest);
        Exp(Vector256.Create<float>(rest) - highest).CopyTo(rest);
        rest[..(logits.Length - whole)].CopyTo(weights[whole..]);
    }

    public static double Sum(ReadOnlySpan<float> weights)
    {
        double sum = 0;
        for (int i = 0; i < weights.Length; i += Block)
            sum += SumOfBlock(weights.Slice(i, Math.Min(Block, weights.Length - i)));
        return sum;
    }

    /// <summary>The first index at which the cumulative sum is above <paramref name="target"/>, which is below the sum.</summary>
    public static int IndexAt(ReadOnlySpan<float> weights, double target)
    {
        double sum = 0;
        for (int start = 0; start < weights.Length; start += Block)
        {
            var block = weights.Slice(start, Math.Min(Block, weights.Length - start));
            double after = sum + SumOfBlock(block);
            if (after > target)
                return start + IndexInBlock(block, target - sum);
            sum = after;
        }
        return weights.LastIndexOfAnyExcept(0f);
    }

    /// <summary>2ⁿ·eʳ with |r| ≤ ln 2 / 2, and the Taylor series of eʳ, whose first missing term is below 6·10⁻⁹.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Exp(Vector256<float> x)
    {
        var small = Vector256.LessThan(x, Vector256.Create(Lowest));
        x = Vector256.MaxNative(x, Vector256.Create(Lowest));
        var n = Vector256.Floor(Vector256.FusedMultiplyAdd(x, Vector256.Create(1.44269504f), Vector256.Create(0.5f)));
        var r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-UpperLn2), x);
        r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-LowerLn2), r);
        var e = Vector256.FusedMultiplyAdd(r, Vector256.Create(1f / 5040), Vector256.Create(1f / 720));
        e = Vector256.FusedMultiplyAdd(e, r, Vector256.Create(1f / 120));
        e = Vector256.FusedMultiplyAdd(e, r, Vector256.Create(1f / 24));
        e = Vector256.FusedMultiplyAdd(e, r, Vector256.Create(1f / 6));
        e = Vector256.FusedMultiplyAdd(e, r, Vector256.Create(0.5f));
        e = Vector256.FusedMultiplyAdd(e, r, Vector256<float>.One);
        e = Vector256.FusedMultiplyAdd(e, r, Vector256<float>.One);
        var power = Vector256.ShiftLeft(Vector256.ConvertToInt32(n) + Vector256.Create(127), 23).AsSingle();
        return Vector256.AndNot(Vector256.MinNative(e * power, Vector256<float>.One), small);
    }

    private static double SumOfBlock(ReadOnlySpan<float> block)
    {
        int whole = block.Length - block.Length % Lanes;
        ref float first = ref MemoryMarshal.GetReference(block);
        var (a, b) = (Vector256<double>.Zero, Vector256<double>.Zero);
        for (nuint i = 0; i < (nuint)whole; i += Lanes)
        {
            var (lower, upper) = Vector256.Widen(Vector256.LoadUnsafe(ref first, i));
            (a, b) = (a + lower, b + upper);
        }
        a += b;
        double sum = (a[0] + a[1]) + (a[2] + a[3]);
        foreach (float weight in block[whole..])
            sum += weight;
        return sum;
    }

    private static int IndexInBlock(ReadOnlySpan<float> block, double target)
    {
        double sum = 0;
        for (int i = 0; i < block.Length; i++)
        {
            sum += block[i];
            if (sum > target)
                return i;
        }
        // Only rounding leads here.
        return block.LastIndexOfAnyExcept(0f);
    }
}
