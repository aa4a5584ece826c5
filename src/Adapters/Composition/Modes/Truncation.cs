using System.Numerics.Tensors;

namespace XlLoraOnnx.Adapters;

/// <summary>
/// A change B A cut to a rank: B = Q_B R_B and Aᵀ = Q_A R_A, so that the singular values are those of the small core R_B R_Aᵀ
/// (Eckart and Young: keeping the largest is best in least squares).
/// </summary>
internal static class Truncation
{
    /// <param name="exact">With a scale of 1.</param>
    /// <param name="rank">At most this; less where the product cannot have more.</param>
    /// <returns>B = U S and A = Vᵀ, as PEFT's svd leaves them.</returns>
    public static ComposedFactors Cut(ComposedFactors exact, int rank)
    {
        var (outFeatures, inFeatures) = (exact.B.Length / exact.Rank, exact.A.Length / exact.Rank);
        var b = ThinQr.Of(exact.B, exact.Rank, outFeatures);
        var a = ThinQr.Of(exact.A, exact.Rank, inFeatures);
        var core = new double[b.Rank * a.Rank];
        for (var i = 0; i < b.Rank; i++)
        {
            for (var j = 0; j < a.Rank; j++)
            {
                for (var k = 0; k < exact.Rank; k++)
                    core[i * a.Rank + j] += b.R[i * exact.Rank + k] * a.R[j * exact.Rank + k];
            }
        }
        var svd = JacobiSvd.Of(core, b.Rank, a.Rank);
        var kept = Math.Min(rank, svd.S.Length);
        var (energy, lost) = (svd.S.Sum(s => s * s), svd.S.Skip(kept).Sum(s => s * s));
        return new ComposedFactors(kept,
            Rows(a, kept, (i, k) => svd.V[i * a.Rank + k]),
            Rows(b, kept, (i, k) => svd.U[i * b.Rank + k] * svd.S[i]),
            1, energy == 0 ? 0 : lost / energy);
    }

    /// <summary>The rank that <see cref="Cut"/> gives, before anything is read.</summary>
    public static int RankOf(int rank, int exactRank, int outFeatures, int inFeatures) =>
        Math.Min(Math.Min(rank, exactRank), Math.Min(outFeatures, inFeatures));

    /// <summary>Row i is Σ weight(i, k) · q_k.</summary>
    private static double[] Rows(ThinQr qr, int count, Func<int, int, double> weight)
    {
        var rows = new double[count * qr.Length];
        for (var i = 0; i < count; i++)
        {
            var row = rows.AsSpan(i * qr.Length, qr.Length);
            for (var k = 0; k < qr.Rank; k++)
                TensorPrimitives.MultiplyAdd(
                    qr.Q.AsSpan(k * qr.Length, qr.Length), weight(i, k), row, row);
        }
        return rows;
    }
}
