using System.Numerics.Tensors;

namespace XlLoraOnnx.Evaluation;

/// <summary>
/// Alignment and uniformity of L2-normalised vectors, lower is better for both (Wang and Isola: Understanding Contrastive Representation
/// Learning through Alignment and Uniformity on the Hypersphere, ICML 2020; α = 2, t = 2).
/// </summary>
internal static class AlignmentUniformity
{
    private const int RowsPerTile = 64;

    /// <summary>‖f(x) − f(y)‖² of one pair.</summary>
    public static double SquaredDistance(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        var (u, v) = (new double[x.Length], new double[y.Length]);
        Normalize(x, u);
        Normalize(y, v);
        var distance = TensorPrimitives.Distance<double>(u, v);
        return distance * distance;
    }

    /// <summary>log of the mean of exp(−2 ‖f(x) − f(y)‖²) over all pairs of different rows; tiles of 64 × 64, never all pairs at
    /// once.</summary>
    /// <param name="rows">Rows of the matrix, with repetitions where a text occurs more than once; at least two.</param>
    public static double Uniformity(EmbeddingMatrix matrix, IReadOnlyList<int> rows, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows.Count, 2);
        int tiles = (rows.Count + RowsPerTile - 1) / RowsPerTile;
        var sums = new double[tiles];
        Parallel.For(0, tiles, new ParallelOptions { CancellationToken = cancellationToken }, first =>
        {
            var x = Tile(matrix, rows, first);
            for (int second = first; second < tiles; second++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                sums[first] += SumOfPairs(x, second == first ? x : Tile(matrix, rows, second), second == first);
            }
        });
        // Summed in the order of the tiles, so that the number of threads changes no digit.
        return Math.Log(sums.Sum() / ((double)rows.Count * (rows.Count - 1) / 2));
    }

    private static double[][] Tile(EmbeddingMatrix matrix, IReadOnlyList<int> rows, int tile)
    {
        var vectors = new double[Math.Min(RowsPerTile, rows.Count - tile * RowsPerTile)][];
        for (int i = 0; i < vectors.Length; i++)
        {
            vectors[i] = new double[matrix.Dimension];
            Normalize(matrix[rows[tile * RowsPerTile + i]], vectors[i]);
        }
        return vectors;
    }

    private static double SumOfPairs(double[][] x, double[][] y, bool same)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            for (int j = same ? i + 1 : 0; j < y.Length; j++)
            {
                // ‖u − v‖² = 2 − 2 u·v for vectors of length 1.
                sum += Math.Exp(-4 + 4 * TensorPrimitives.Dot<double>(x[i], y[j]));
            }
        }
        return sum;
    }

    private static void Normalize(ReadOnlySpan<float> vector, Span<double> normalized)
    {
        for (int i = 0; i < vector.Length; i++)
            normalized[i] = vector[i];
        TensorPrimitives.Divide(normalized, TensorPrimitives.Norm<double>(normalized), normalized);
    }
}
