using System.Runtime.Intrinsics;

namespace XlLoraOnnx.Training;

/// <summary>Clipping by the global norm: <c>torch.nn.utils.clip_grad_norm_</c>.</summary>
internal static class GradientClipping
{
    private const int ChunkElements = 1 << 16;

    /// <summary>Euclidean norm of all gradients as one vector.</summary>
    /// <remarks>Summed in double precision over pieces and lanes that depend neither on threads nor on the machine.</remarks>
    public static double Norm(IReadOnlyList<ParameterGradient> gradients, int threads)
    {
        var pieces = gradients.SelectMany(Pieces).ToArray();
        var sums = new double[pieces.Length];
        Parallel.For(0, pieces.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, i =>
            sums[i] = SumOfSquares(pieces[i].Row ?? pieces[i].Gradient.Dense.Slice(pieces[i].Start, pieces[i].Count)));
        var sum = 0.0;
        foreach (var part in sums)
            sum += part;
        return Math.Sqrt(sum);
    }

    /// <summary>What the gradients are to be multiplied by.</summary>
    /// <param name="maxNorm">0: they stay as they are.</param>
    public static float Coefficient(double norm, double maxNorm) => maxNorm > 0 ? (float)Math.Min(1, maxNorm / (norm + 1e-6)) : 1;

    private static IEnumerable<Piece> Pieces(ParameterGradient gradient)
    {
        var length = gradient.Dense.Length;
        for (var start = 0; start < length; start += ChunkElements)
            yield return new Piece(gradient, null, start, Math.Min(ChunkElements, length - start));
        foreach (var row in gradient.Rows.Values)
            yield return new Piece(gradient, row, 0, row.Length);
    }

    private static double SumOfSquares(ReadOnlySpan<float> values)
    {
        var (low, high, i) = (Vector256<double>.Zero, Vector256<double>.Zero, 0);
        for (; i <= values.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var (first, second) = Vector256.Widen(Vector256.Create(values[i..]));
            low += first * first;
            high += second * second;
        }
        var lanes = low + high;
        var sum = lanes[0] + lanes[1] + (lanes[2] + lanes[3]);
        for (; i < values.Length; i++)
            sum += (double)values[i] * values[i];
        return sum;
    }

    /// <param name="Row">Of a table; null for some elements of another parameter.</param>
    private readonly record struct Piece(ParameterGradient Gradient, float[]? Row, int Start, int Count);
}
