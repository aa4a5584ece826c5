namespace XlLoraOnnx.Training;

/// <summary>Matrix products.</summary>
internal static class ProductGradients
{
    /// <summary>Y = A B: dA = dY Bᵀ, dB = Aᵀ dY.</summary>
    public static void MatMul(GradientContext c)
    {
        var (a, b) = (c.ShapeOfX(0), c.ShapeOfX(1));
        if (a.Length < 2 || b.Length < 2)
            throw new NotSupportedException("MatMul of a vector has no rule for its gradient; of matrices it has.");
        if (c.Needs(0))
        {
            var da = c.Add("FusedMatMul", [c.Dy, c.X(1)], TrainingGraph.Int("transB", 1));
            c.Give(0, c.Narrow(da, [.. c.ShapeOfY()[..^1], a[^1]], a));
        }
        if (!c.Needs(1))
            return;
        if (b.Length == 2)
        {
            c.Give(1, Weight(c, c.X(0), a, c.Dy, c.ShapeOfY()));
            return;
        }
        var db = c.Add("FusedMatMul", [c.X(0), c.Dy], TrainingGraph.Int("transA", 1));
        c.Give(1, c.Narrow(db, [.. c.ShapeOfY()[..^2], b[^2], b[^1]], b));
    }

    /// <summary>Y = α A Bᵀ with a matrix B: dA = α dY B, dB = α dYᵀ A.</summary>
    public static void FusedMatMul(GradientContext c)
    {
        var alpha = c.Node.Attribute.FirstOrDefault(a => a.Name == "alpha")?.F ?? 1;
        if (ShapeRules.Attribute(c.Node, "transA") != 0 || ShapeRules.Attribute(c.Node, "transB") != 1 || c.ShapeOfX(1).Length != 2)
            throw new NotSupportedException("FusedMatMul has a rule for its gradient where the second is a transposed matrix, and here it is not.");
        var dy = alpha == 1 ? c.Dy : c.Add("Mul", [c.Dy, c.Graph.Constant(alpha)]);
        if (c.Needs(0))
            c.Give(0, c.Add("MatMul", [dy, c.X(1)]));
        if (c.Needs(1))
            c.Give(1, Weight(c, dy, c.ShapeOfY(), c.X(0), c.ShapeOfX(0)));
    }

    /// <summary>Σ over all rows of aᵀ b</summary>
    private static string Weight(GradientContext c, string a, Dim[] ofA, string b, Dim[] ofB) =>
        c.Add("Gemm", [Rows(c, a, ofA), Rows(c, b, ofB)], TrainingGraph.Int("transA", 1));

    private static string Rows(GradientContext c, string x, Dim[] shape)
    {
        if (shape.Length == 2)
            return x;
        if (shape[^1].Symbol is not null)
            throw new NotSupportedException($"Rows of {shape[^1]} elements are not multiplied with a matrix that is trained.");
        return c.Add("Reshape", [x, c.Graph.Constants(-1, shape[^1].Value)]);
    }
}
