using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace XlLoraOnnx.Evaluation;

/// <summary>Inner products of 4 queries with 3 documents at once, in registers.</summary>
/// <remarks>
/// 12 sums of 8 lanes: 7 loads serve 12 multiply-adds, so that the multiply-add units are the limit and not the loads. Multiply-adds are
/// fused and lanes are added in one fixed order, so that a product does not depend on its place in a tile, nor on the machine.
/// </remarks>
internal static class ScoreKernel
{
    public const int Queries = 4;
    public const int Documents = 3;

    /// <summary>Rows are padded with zeros to a multiple of this.</summary>
    public const int Lanes = 8;

    /// <param name="queries">[4, stride]</param>
    /// <param name="documents">[3, stride]</param>
    /// <param name="stride">Numbers of a row, a multiple of <see cref="Lanes"/>.</param>
    /// <param name="scores">[3, 4]: document by document.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(ReadOnlySpan<float> queries, ReadOnlySpan<float> documents, int stride, Span<float> scores)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(queries.Length, Queries * stride);
        ArgumentOutOfRangeException.ThrowIfLessThan(documents.Length, Documents * stride);
        ArgumentOutOfRangeException.ThrowIfLessThan(scores.Length, Documents * Queries);
        ref float q = ref MemoryMarshal.GetReference(queries);
        ref float d = ref MemoryMarshal.GetReference(documents);
        var (s00, s01, s02, s03) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        var (s10, s11, s12, s13) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        var (s20, s21, s22, s23) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        nuint row = (nuint)stride;
        for (nuint i = 0; i < row; i += Lanes)
        {
            var d0 = Vector256.LoadUnsafe(ref d, i);
            var d1 = Vector256.LoadUnsafe(ref d, i + row);
            var d2 = Vector256.LoadUnsafe(ref d, i + 2 * row);
            var v = Vector256.LoadUnsafe(ref q, i);
            s00 = Vector256.FusedMultiplyAdd(v, d0, s00);
            s10 = Vector256.FusedMultiplyAdd(v, d1, s10);
            s20 = Vector256.FusedMultiplyAdd(v, d2, s20);
            v = Vector256.LoadUnsafe(ref q, i + row);
            s01 = Vector256.FusedMultiplyAdd(v, d0, s01);
            s11 = Vector256.FusedMultiplyAdd(v, d1, s11);
            s21 = Vector256.FusedMultiplyAdd(v, d2, s21);
            v = Vector256.LoadUnsafe(ref q, i + 2 * row);
            s02 = Vector256.FusedMultiplyAdd(v, d0, s02);
            s12 = Vector256.FusedMultiplyAdd(v, d1, s12);
            s22 = Vector256.FusedMultiplyAdd(v, d2, s22);
            v = Vector256.LoadUnsafe(ref q, i + 3 * row);
            s03 = Vector256.FusedMultiplyAdd(v, d0, s03);
            s13 = Vector256.FusedMultiplyAdd(v, d1, s13);
            s23 = Vector256.FusedMultiplyAdd(v, d2, s23);
        }
        Sums(s00, s01, s02, s03).CopyTo(scores);
        Sums(s10, s11, s12, s13).CopyTo(scores[Queries..]);
        Sums(s20, s21, s22, s23).CopyTo(scores[(2 * Queries)..]);
    }

    /// <summary>The sum of the lanes of each: halves first, then neighbours, then their sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Sums(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        var (e, f, g, h) = (Fold(a), Fold(b), Fold(c), Fold(d));
        if (Sse3.IsSupported)
            return Sse3.HorizontalAdd(Sse3.HorizontalAdd(e, f), Sse3.HorizontalAdd(g, h));
        return Vector128.Create(Sum(e), Sum(f), Sum(g), Sum(h));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Fold(Vector256<float> v) => v.GetLower() + v.GetUpper();

    private static float Sum(Vector128<float> v) => (v[0] + v[1]) + (v[2] + v[3]);
}
