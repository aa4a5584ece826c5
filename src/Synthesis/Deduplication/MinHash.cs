using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace XlLoraOnnx.Synthesis;

/// <summary>
/// MinHash over triples of characters (Broder, "On the resemblance and containment of documents", 1997): of each of several hashes the
/// smallest over all triples; the share of equal ones estimates the share of triples that two texts have in common. Only the lowest
/// byte of each is kept (b-bit minwise hashing, Li and König 2010).
/// </summary>
internal static class MinHash
{
    /// <summary>Hashes of a text, one byte each.</summary>
    public const int Count = 20;

    private const int Lanes = 24;

    /// <summary>Bytes that are compared at once.</summary>
    private const int Width = 16;

    private static readonly uint[] Factors = MakeFactors();

    /// <param name="signature"><see cref="Count"/> bytes.</param>
    public static void Sign(ReadOnlySpan<char> folded, Span<byte> signature)
    {
        var (first, second, third) = (Vector256<uint>.AllBitsSet, Vector256<uint>.AllBitsSet, Vector256<uint>.AllBitsSet);
        var factors = MemoryMarshal.Cast<uint, Vector256<uint>>(Factors);
        var window = (ulong)' ';
        for (var i = 0; i <= folded.Length; i++)
        {
            window = (window << 16 | (i < folded.Length ? folded[i] : ' ')) & 0xFFFF_FFFF_FFFF;
            var hash = Vector256.Create(Mix(window));
            first = Vector256.Min(first, Scramble(hash, factors[0]));
            second = Vector256.Min(second, Scramble(hash, factors[1]));
            third = Vector256.Min(third, Scramble(hash, factors[2]));
        }
        Span<uint> smallest = stackalloc uint[Lanes];
        first.CopyTo(smallest);
        second.CopyTo(smallest[8..]);
        third.CopyTo(smallest[16..]);
        for (var h = 0; h < Count; h++)
            signature[h] = (byte)(smallest[h] * 0x9E3779B1u >> 24);
    }

    /// <summary>Share of equal bytes, without those that are equal by chance.</summary>
    public static double Similarity(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var first = Vector128.Equals(Vector128.Create(left), Vector128.Create(right)).ExtractMostSignificantBits();
        var last = Vector128.Equals(Vector128.Create(left[^Width..]), Vector128.Create(right[^Width..])).ExtractMostSignificantBits();
        var equal = BitOperations.PopCount(first) + BitOperations.PopCount(last >> (2 * Width - Count));
        const double Chance = 1.0 / 256;
        return Math.Max(0, ((double)equal / Count - Chance) / (1 - Chance));
    }

    private static Vector256<uint> Scramble(Vector256<uint> hash, Vector256<uint> factor)
    {
        var product = (hash ^ Vector256.ShiftRightLogical(factor, 3)) * factor;
        return product ^ Vector256.ShiftRightLogical(product, 15);
    }

    private static uint Mix(ulong value)
    {
        value *= 0xFF51AFD7ED558CCD;
        value ^= value >> 32;
        value *= 0xC4CEB9FE1A85EC53;
        return (uint)(value >> 32);
    }

    private static uint[] MakeFactors()
    {
        var factors = new uint[Lanes];
        for (var i = 0; i < Lanes; i++)
            factors[i] = Mix((ulong)(i + 1)) | 1;
        return factors;
    }
}
