using System.Numerics.Tensors;

namespace XlLoraOnnx.Adapters;

/// <summary>
/// X = Q R of a tall matrix by Householder's reflections (Golub and Van Loan, Matrix Computations, 5.2): Q has orthonormal columns also
/// where columns of X depend on one another. Columns lie in one piece each.
/// </summary>
/// <remarks>
/// Own code, as <see cref="JacobiSvd"/>: MathNet.Numerics, the managed library for both, had its last release in 2022 and looks for
/// native providers by reflection, while this package is compatible with ahead-of-time compilation. Tested by their properties.
/// </remarks>
/// <param name="Q">[rank, length]: row k is column k of Q.</param>
/// <param name="R">[rank, columns], upper triangular.</param>
internal sealed record ThinQr(int Rank, int Length, double[] Q, double[] R)
{
    /// <param name="columns">[count, length]: row j is column j of X; not changed.</param>
    public static ThinQr Of(double[] columns, int count, int length)
    {
        var rank = Math.Min(count, length);
        var x = (double[])columns.Clone();
        var (betas, r) = (new double[rank], new double[rank * count]);
        for (var k = 0; k < rank; k++)
        {
            var v = x.AsSpan(k * length + k, length - k);
            (r[k * count + k], betas[k]) = Reflector(v);
            for (var j = k + 1; j < count; j++)
            {
                var y = x.AsSpan(j * length + k, length - k);
                Reflect(v, betas[k], y);
                r[k * count + j] = y[0];
            }
        }
        return new ThinQr(rank, length, Orthonormal(x, betas, length), r);
    }

    /// <summary>Turns a vector into the v of I − β v vᵀ, which maps it to (alpha, 0, 0, …).</summary>
    private static (double Alpha, double Beta) Reflector(Span<double> v)
    {
        var norm = TensorPrimitives.Norm<double>(v);
        if (norm == 0)
            return (0, 0);
        var alpha = v[0] > 0 ? -norm : norm;
        v[0] -= alpha;
        // vᵀv = 2 (norm² − alpha x₀), both terms of one sign
        return (alpha, 2 / TensorPrimitives.SumOfSquares<double>(v));
    }

    private static void Reflect(ReadOnlySpan<double> v, double beta, Span<double> y) =>
        TensorPrimitives.MultiplyAdd(v, -beta * TensorPrimitives.Dot(v, y), y, y);

    /// <summary>The reflections, the last first, on the columns of the identity.</summary>
    private static double[] Orthonormal(double[] reflectors, double[] betas, int length)
    {
        var q = new double[betas.Length * length];
        for (var j = 0; j < betas.Length; j++)
        {
            q[j * length + j] = 1;
            // reflections after j leave this column alone
            for (var k = j; k >= 0; k--)
                Reflect(reflectors.AsSpan(k * length + k, length - k), betas[k], q.AsSpan(j * length + k, length - k));
        }
        return q;
    }
}
