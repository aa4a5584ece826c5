using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace XlLoraOnnx.Runtime;

/// <summary>Passes over a vocabulary that stop only at the few tokens that matter.</summary>
internal static class LogitScan
{
    public const int Lanes = 8;

    /// <summary>Four vectors are looked at in one step.</summary>
    public const int Stride = 4 * Lanes;

    /// <summary>Divides in place. TensorPrimitives would write past the caches, from which the next pass reads.</summary>
    public static void Divide(Span<float> values, float divisor)
    {
        var vectors = MemoryMarshal.Cast<float, Vector256<float>>(values);
        foreach (ref var vector in vectors)
            vector /= divisor;
        foreach (ref float value in values[(vectors.Length * Lanes)..])
            value /= divisor;
    }

    /// <summary>The largest value; NaN if there is one.</summary>
    public static float Maximum(ReadOnlySpan<float> values)
    {
        var vectors = MemoryMarshal.Cast<float, Vector256<float>>(values);
        var (a, b) = (Vector256.Create(float.NegativeInfinity), Vector256.Create(float.NegativeInfinity));
        var numbers = Vector256<float>.AllBitsSet;
        int i = 0;
        for (; i + 1 < vectors.Length; i += 2)
        {
            var (u, v) = (vectors[i], vectors[i + 1]);
            (a, b) = (Vector256.MaxNative(a, u), Vector256.MaxNative(b, v));
            numbers &= Vector256.Equals(u, u) & Vector256.Equals(v, v);
        }
        if (numbers.ExtractMostSignificantBits() != 0xFF)
            return float.NaN;
        a = Vector256.MaxNative(a, b);
        float maximum = float.NegativeInfinity;
        for (int lane = 0; lane < Lanes; lane++)
            maximum = Math.Max(maximum, a[lane]);
        foreach (float value in values[(i * Lanes)..])
            maximum = Math.Max(maximum, value);
        return maximum;
    }

    /// <summary>The lowest index with this value, or −1. 0 and −0 are the same.</summary>
    public static int FirstEqual(ReadOnlySpan<float> values, float value)
    {
        var vectors = MemoryMarshal.Cast<float, Vector256<float>>(values);
        var wanted = Vector256.Create(value);
        for (int i = 0; i < vectors.Length; i++)
        {
            if (Vector256.Equals(vectors[i], wanted).ExtractMostSignificantBits() is not 0 and var hits)
                return i * Lanes + BitOperations.TrailingZeroCount(hits);
        }
        for (int i = vectors.Length * Lanes; i < values.Length; i++)
        {
            if (values[i] == value)
                return i;
        }
        return -1;
    }

    /// <summary>Writes the values that are at least <paramref name="least"/> and their indices, in order.</summary>
    /// <param name="values">Where they are; may be the same memory as <paramref name="kept"/>.</param>
    /// <param name="least">The lowest to keep.</param>
    /// <param name="indices">As long as the values.</param>
    /// <param name="kept">As long as the values.</param>
    /// <returns>How many there are.</returns>
    public static int Gather(ReadOnlySpan<float> values, float least, Span<int> indices, Span<float> kept)
    {
        int count = 0;
        for (int i = 0; i < values.Length; i += Stride)
        {
            for (uint hits = AtLeast(values, i, least); hits != 0; hits &= hits - 1)
            {
                int index = i + BitOperations.TrailingZeroCount(hits);
                indices[count] = index;
                kept[count++] = values[index];
            }
        }
        return count;
    }

    /// <summary>A bit for each of the next <see cref="Stride"/> values: is it at least <paramref name="least"/>?</summary>
    public static uint AtLeast(ReadOnlySpan<float> values, int start, float least)
    {
        if (values.Length - start >= Stride)
        {
            ref float v = ref Unsafe(values, start);
            var bound = Vector256.Create(least);
            var (a, b) = (Vector256.GreaterThanOrEqual(Vector256.LoadUnsafe(ref v), bound),
                Vector256.GreaterThanOrEqual(Vector256.LoadUnsafe(ref v, Lanes), bound));
            var (c, d) = (Vector256.GreaterThanOrEqual(Vector256.LoadUnsafe(ref v, 2 * Lanes), bound),
                Vector256.GreaterThanOrEqual(Vector256.LoadUnsafe(ref v, 3 * Lanes), bound));
            if ((a | b | c | d).AsInt32() == Vector256<int>.Zero)
                return 0;
            return a.ExtractMostSignificantBits() | b.ExtractMostSignificantBits() << Lanes
                | c.ExtractMostSignificantBits() << (2 * Lanes) | d.ExtractMostSignificantBits() << (3 * Lanes);
        }
        uint hits = 0;
        for (int i = start; i < values.Length; i++)
            hits |= values[i] >= least ? 1u << (i - start) : 0;
        return hits;
    }

    private static ref float Unsafe(ReadOnlySpan<float> values, int start) => ref MemoryMarshal.GetReference(values[start..]);
}
