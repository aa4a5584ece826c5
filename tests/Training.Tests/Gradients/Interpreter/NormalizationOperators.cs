namespace XlLoraOnnx.Training.Tests;

/// <summary>Layer norm and RMS norm, alone and behind a sum.</summary>
internal static class NormalizationOperators
{
    /// <returns>The normed, the means and the inverse standard deviations.</returns>
    public static Tensor64?[] LayerNormalization(OperatorCall call)
    {
        var axis = call[0].Axis(call.Int("axis", -1));
        var (normed, mean, inverse) = Normed(call[0], axis, call.Float("epsilon", 1e-5f), centred: true);
        return [Scaled(normed, call[1], call.Optional(2)), mean, inverse];
    }

    /// <returns>The normed and the inverse root mean squares.</returns>
    public static Tensor64?[] SimplifiedLayerNormalization(OperatorCall call)
    {
        var axis = call[0].Axis(call.Int("axis", -1));
        var (normed, _, inverse) = Normed(call[0], axis, call.Float("epsilon", 1e-5f), centred: false);
        return [Scaled(normed, call[1], null), inverse];
    }

    /// <summary>x, skip, gamma, beta, bias; ONNX Runtime fills the second and the third output in training alone.</summary>
    public static Tensor64?[] SkipLayerNormalization(OperatorCall call)
    {
        var sum = Sum(call, call.Optional(4));
        var (normed, _, _) = Normed(sum, sum.Rank - 1, call.Float("epsilon", 1e-12f), centred: true);
        return [Scaled(normed, call[2], call.Optional(3)), null, null, sum];
    }

    /// <summary>x, skip, gamma, bias.</summary>
    public static Tensor64?[] SkipSimplifiedLayerNormalization(OperatorCall call)
    {
        var sum = Sum(call, call.Optional(3));
        var (normed, _, _) = Normed(sum, sum.Rank - 1, call.Float("epsilon", 1e-12f), centred: false);
        return [Scaled(normed, call[2], null), null, null, sum];
    }

    private static Tensor64 Sum(OperatorCall call, Tensor64? bias)
    {
        var sum = ElementwiseOperators.Zip(call[0], call[1], call[0].Kind, (a, b) => a + b);
        return bias is null ? sum : ElementwiseOperators.Zip(sum, bias, sum.Kind, (a, b) => a + b);
    }

    private static (Tensor64 Normed, Tensor64 Mean, Tensor64 Inverse) Normed(Tensor64 x, int axis, double epsilon, bool centred)
    {
        var size = Strides.Count(x.Shape[axis..]);
        double[][] rows = [.. x.Values.Chunk(Math.Max(1, size))];
        var means = Array.ConvertAll(rows, row => centred ? row.Average() : 0);
        double[] inverses = [.. rows.Select((row, i) => 1 / Math.Sqrt(row.Average(v => (v - means[i]) * (v - means[i])) + epsilon))];
        int[] shape = [.. x.Shape[..axis], .. x.Shape[axis..].Select(_ => 1)];
        return (x.With([.. rows.SelectMany((row, i) => row.Select(v => (v - means[i]) * inverses[i]))]),
            new Tensor64(x.Kind, shape, means), new Tensor64(x.Kind, shape, inverses));
    }

    private static Tensor64 Scaled(Tensor64 normed, Tensor64 scale, Tensor64? bias)
    {
        var scaled = ElementwiseOperators.Zip(normed, scale, normed.Kind, (a, b) => a * b);
        return bias is null ? scaled : ElementwiseOperators.Zip(scaled, bias, scaled.Kind, (a, b) => a + b);
    }
}
