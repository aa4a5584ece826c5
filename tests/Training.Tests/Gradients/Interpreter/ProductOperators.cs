namespace XlLoraOnnx.Training.Tests;

/// <summary>Products of matrices.</summary>
internal static class ProductOperators
{
    public static Tensor64 MatMul(OperatorCall call) => MatMul(call[0], call[1]);

    /// <summary>alpha · op(a) · op(b), where op transposes the last two axes or does nothing.</summary>
    public static Tensor64 FusedMatMul(OperatorCall call)
    {
        if (call.Int("transBatchA", 0) != 0 || call.Int("transBatchB", 0) != 0)
            throw call.Unsupported("transBatchA or transBatchB");
        var (a, b) = Operands(call);
        return Scaled(MatMul(a, b), call.Float("alpha", 1));
    }

    /// <summary>alpha · op(a) · op(b) + beta · c</summary>
    public static Tensor64 Gemm(OperatorCall call)
    {
        var (a, b) = Operands(call);
        var product = Scaled(MatMul(a, b), call.Float("alpha", 1));
        if (call.Optional(2) is not { } c)
            return product;
        var offsets = Strides.BroadcastOffsets(c.Shape, product.Shape);
        var beta = call.Float("beta", 1);
        return product.With([.. product.Values.Select((v, i) => v + beta * c.Values[offsets[i]])]);
    }

    private static (Tensor64 A, Tensor64 B) Operands(OperatorCall call) =>
        (call.Int("transA", 0) != 0 ? Transposed(call[0]) : call[0], call.Int("transB", 0) != 0 ? Transposed(call[1]) : call[1]);

    private static Tensor64 Transposed(Tensor64 x)
    {
        int[] axes = [.. Enumerable.Range(0, x.Rank - 2), x.Rank - 1, x.Rank - 2];
        return ShapeOperators.Transpose(x, axes);
    }

    private static Tensor64 Scaled(Tensor64 x, double factor) => x.With(Array.ConvertAll(x.Values, v => v * factor));

    private static Tensor64 MatMul(Tensor64 a, Tensor64 b)
    {
        if (a.Rank == 1)
            return Without(MatMul(a.Reshaped(1, a.Shape[0]), b), b.Rank == 1 ? -1 : -2);
        if (b.Rank == 1)
            return Without(MatMul(a, b.Reshaped(b.Shape[0], 1)), -1);
        var (rows, inner, columns) = (a.Shape[^2], a.Shape[^1], b.Shape[^1]);
        if (b.Shape[^2] != inner)
            throw new InvalidOperationException($"{a} cannot be multiplied by {b}.");
        var batch = Strides.Broadcast(a.Shape[..^2], b.Shape[..^2]);
        var (batchA, batchB) = (Strides.BroadcastOffsets(a.Shape[..^2], batch), Strides.BroadcastOffsets(b.Shape[..^2], batch));
        var values = new double[batchA.Length * rows * columns];
        for (var i = 0; i < batchA.Length; i++)
            Multiply(a.Values.AsSpan(batchA[i] * rows * inner, rows * inner), b.Values.AsSpan(batchB[i] * inner * columns, inner * columns),
                values.AsSpan(i * rows * columns, rows * columns), inner, columns);
        return new Tensor64(a.Kind, [.. batch, rows, columns], values);
    }

    private static Tensor64 Without(Tensor64 x, int axis)
    {
        List<int> shape = [.. x.Shape];
        shape.RemoveAt(x.Rank + axis);
        return x.Reshaped([.. shape]);
    }

    private static void Multiply(ReadOnlySpan<double> a, ReadOnlySpan<double> b, Span<double> product, int inner, int columns)
    {
        for (var i = 0; i < product.Length; i++)
        {
            var (row, column) = (i / columns, i % columns);
            for (var k = 0; k < inner; k++)
                product[i] += a[row * inner + k] * b[k * columns + column];
        }
    }
}
