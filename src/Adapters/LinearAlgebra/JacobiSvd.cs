using System.Numerics.Tensors;

namespace XlLoraOnnx.Adapters;

/// <summary>
/// X = U S Vᵀ of a small matrix by one-sided Jacobi rotations (Hestenes 1958; Golub and Van Loan, Matrix Computations, 8.6).
/// </summary>
/// <param name="U">[count, rows]: row i is the i-th left singular vector.</param>
/// <param name="S">[count], falling; count is the smaller side of X.</param>
/// <param name="V">[count, columns]: row i is the i-th right singular vector. Of a singular value that is zero, one of both vectors is
/// zeros.</param>
internal sealed record JacobiSvd(double[] U, double[] S, double[] V)
{
    private const int MaxSweeps = 60;
    // a scalar product of a few hundred numbers is not more exact
    private const double Tolerance = 1e-14;

    /// <param name="x">[rows, columns]</param>
    public static JacobiSvd Of(double[] x, int rows, int columns)
    {
        if (rows > columns)
        {
            var turned = Of(ModuleTerm.Transposed(x, rows, columns), columns, rows);
            return new JacobiSvd(turned.V, turned.S, turned.U);
        }
        // the rows of X are rotated until they are orthogonal: W X = S Vᵀ, and the rotations themselves are Uᵀ
        var (vectors, rotations) = ((double[])x.Clone(), new double[rows * rows]);
        for (var i = 0; i < rows; i++)
            rotations[i * rows + i] = 1;
        // what is left of rows that depend on others is rounding, which never becomes orthogonal to anything: it counts as zero
        var zero = Tolerance * TensorPrimitives.Norm<double>(x);
        for (var sweep = 0; Sweep(vectors, rotations, rows, columns, zero); sweep++)
        {
            if (sweep == MaxSweeps)
                throw new ArithmeticException($"A {rows} × {columns} matrix has no singular value decomposition after {MaxSweeps} sweeps.");
        }
        return Sorted(vectors, rotations, rows, columns, zero);
    }

    /// <returns>Whether anything was rotated.</returns>
    private static bool Sweep(double[] vectors, double[] rotations, int rows, int columns, double zero)
    {
        var rotated = false;
        for (var i = 0; i < rows; i++)
        {
            for (var j = i + 1; j < rows; j++)
            {
                var p = vectors.AsSpan(i * columns, columns);
                var q = vectors.AsSpan(j * columns, columns);
                var (normP, normQ) = (TensorPrimitives.Norm<double>(p), TensorPrimitives.Norm<double>(q));
                var pq = TensorPrimitives.Dot<double>(p, q);
                if (Math.Min(normP, normQ) <= zero || Math.Abs(pq) <= Tolerance * normP * normQ)
                    continue;
                rotated = true;
                var zeta = (normQ * normQ - normP * normP) / (2 * pq);
                var tangent = (zeta < 0 ? -1 : 1) / (Math.Abs(zeta) + Math.Sqrt(1 + zeta * zeta));
                var cosine = 1 / Math.Sqrt(1 + tangent * tangent);
                Rotate(p, q, cosine, cosine * tangent);
                Rotate(rotations.AsSpan(i * rows, rows), rotations.AsSpan(j * rows, rows), cosine, cosine * tangent);
            }
        }
        return rotated;
    }

    private static void Rotate(Span<double> p, Span<double> q, double cosine, double sine)
    {
        for (var k = 0; k < p.Length; k++)
            (p[k], q[k]) = (cosine * p[k] - sine * q[k], sine * p[k] + cosine * q[k]);
    }

    private static JacobiSvd Sorted(double[] vectors, double[] rotations, int rows, int columns, double zero)
    {
        var norms = Enumerable.Range(0, rows).Select(i => TensorPrimitives.Norm<double>(vectors.AsSpan(i * columns, columns)))
            .Select(norm => norm <= zero ? 0 : norm).ToArray();
        var order = Enumerable.Range(0, rows).OrderByDescending(i => norms[i]).ToArray();
        var (u, v) = (new double[rows * rows], new double[rows * columns]);
        for (var i = 0; i < rows; i++)
        {
            rotations.AsSpan(order[i] * rows, rows).CopyTo(u.AsSpan(i * rows));
            if (norms[order[i]] > 0)
                TensorPrimitives.Divide(vectors.AsSpan(order[i] * columns, columns), norms[order[i]], v.AsSpan(i * columns, columns));
        }
        return new JacobiSvd(u, [.. order.Select(i => norms[i])], v);
    }
}
