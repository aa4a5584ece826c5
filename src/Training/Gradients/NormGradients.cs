namespace XlLoraOnnx.Training;

/// <summary>Operators over the last axis that norm it.</summary>
internal static class NormGradients
{
    /// <summary>y (dy − Σ y dy)</summary>
    public static void Softmax(GradientContext c)
    {
        CheckAxis(c);
        var product = c.Add("Mul", [c.Dy, c.Y]);
        c.Give(0, c.Add("Sub", [product, c.Add("Mul", [c.Y, Sum(c, product)])]));
    }

    /// <summary>dy − eʸ Σ dy</summary>
    public static void LogSoftmax(GradientContext c)
    {
        CheckAxis(c);
        c.Give(0, c.Add("Sub", [c.Dy, c.Add("Mul", [c.Add("Exp", [c.Y]), Sum(c, c.Dy)])]));
    }

    /// <summary>
    /// y = γ n + β with n = (x − μ) / σ: dx = (g − mean(g) − n · mean(g n)) / σ with g = γ dy (arXiv 1607.06450).
    /// </summary>
    public static void LayerNorm(GradientContext c)
    {
        CheckAxis(c);
        var (mean, inverse) = (c.ExtraOutput(1), c.ExtraOutput(2));                               // [.., 1]
        var normed = c.Add("Mul", [c.Add("Sub", [c.X(), mean]), inverse]);
        if (c.Needs(0))
        {
            var scaled = c.Add("Mul", [c.Dy, c.X(1)]);
            var centred = c.Add("Sub", [scaled, Mean(c, scaled)]);
            c.Give(0, c.Add("Mul", [Without(c, centred, scaled, normed), inverse]));
        }
        GiveScale(c, normed);
        if (c.Needs(2))
            c.Give(2, c.Narrow(c.Dy, c.ShapeOfY(), c.ShapeOfX(2)));
    }

    /// <summary>y = γ n with n = x / √(mean(x²) + ε): dx = (g − n · mean(g n)) / √(…) with g = γ dy (arXiv 1910.07467).</summary>
    public static void RmsNorm(GradientContext c)
    {
        CheckAxis(c);
        var inverse = c.ExtraOutput(1);                                                           // [.., 1]
        var normed = c.Add("Mul", [c.X(), inverse]);
        if (c.Needs(0))
        {
            var scaled = c.Add("Mul", [c.Dy, c.X(1)]);
            c.Give(0, c.Add("Mul", [Without(c, scaled, scaled, normed), inverse]));
        }
        GiveScale(c, normed);
    }

    private static void GiveScale(GradientContext c, string normed)
    {
        if (c.Needs(1))
            c.Give(1, c.Narrow(c.Add("Mul", [c.Dy, normed]), c.ShapeOfY(), c.ShapeOfX(1)));
    }

    private static string Without(GradientContext c, string from, string scaled, string normed) =>
        c.Add("Sub", [from, c.Add("Mul", [normed, Mean(c, c.Add("Mul", [scaled, normed]))])]);

    private static string Mean(GradientContext c, string x) =>
        c.Add("ReduceMean", [x, c.Graph.Constants(-1)], TrainingGraph.Int("keepdims", 1));

    private static string Sum(GradientContext c, string x) =>
        c.Add("ReduceSum", [x, c.Graph.Constants(-1)], TrainingGraph.Int("keepdims", 1));

    private static void CheckAxis(GradientContext c)
    {
        var axis = ShapeRules.Attribute(c.Node, "axis", -1);
        if (axis != -1 && axis != c.ShapeOfX().Length - 1)
            throw new NotSupportedException($"{c.Node.OpType} over axis {axis} has no rule for its gradient; over the last it has.");
    }
}
