namespace XlLoraOnnx.Training;

/// <summary>Operators on single elements, between matrix products.</summary>
internal static class ActivationGradients
{
    /// <summary>(1 − y²) dx</summary>
    public static void Tanh(GradientContext c) => c.Give(0, c.Add("Mul", [c.Dy, OneLessSquare(c, c.Y)]));

    /// <summary>y (1 − y) dx</summary>
    public static void Sigmoid(GradientContext c)
    {
        var slope = c.Add("Mul", [c.Y, c.Add("Sub", [c.Graph.Constant(1f), c.Y])]);
        c.Give(0, c.Add("Mul", [c.Dy, slope]));
    }

    public static void Relu(GradientContext c)
    {
        var zero = c.Graph.Constant(0f);
        c.Give(0, c.Add("Where", [c.Add("Greater", [c.Y, zero]), c.Dy, zero]));
    }

    /// <summary>x Φ(x), or its approximation by tanh (arXiv 1606.08415).</summary>
    public static void Gelu(GradientContext c)
    {
        var isTanh = c.Node.Attribute.FirstOrDefault(a => a.Name == "approximate")?.S.ToStringUtf8() == "tanh";
        c.Give(0, c.Add("Mul", [c.Dy, isTanh ? TanhSlope(c) : ErfSlope(c)]));
    }

    /// <summary>Φ(x) + x φ(x)</summary>
    private static string ErfSlope(GradientContext c)
    {
        var (x, graph) = (c.X(), c.Graph);
        var erf = c.Add("Erf", [c.Add("Mul", [x, graph.Constant((float)Math.Sqrt(0.5))])]);
        var share = c.Add("Mul", [c.Add("Add", [erf, graph.Constant(1f)]), graph.Constant(0.5f)]);
        var density = c.Add("Exp", [c.Add("Mul", [c.Add("Mul", [x, x]), graph.Constant(-0.5f)])]);
        var scaled = c.Add("Mul", [c.Add("Mul", [x, density]), graph.Constant((float)(1 / Math.Sqrt(2 * Math.PI)))]);
        return c.Add("Add", [share, scaled]);
    }

    /// <summary>½ (1 + t) + ½ x (1 − t²) u′ with t = tanh(u), u = √(2/π) (x + 0.044715 x³)</summary>
    private static string TanhSlope(GradientContext c)
    {
        const double Cubic = 0.044715;
        var (x, graph, scale) = (c.X(), c.Graph, Math.Sqrt(2 / Math.PI));
        var square = c.Add("Mul", [x, x]);
        var inner = Line(square, scale * Cubic, scale);                                           // u / x
        var t = c.Add("Tanh", [c.Add("Mul", [x, inner])]);
        var steep = c.Add("Mul", [OneLessSquare(c, t), Line(square, 3 * scale * Cubic, scale)]);
        var sum = c.Add("Add", [c.Add("Add", [t, graph.Constant(1f)]), c.Add("Mul", [x, steep])]);
        return c.Add("Mul", [sum, graph.Constant(0.5f)]);

        string Line(string value, double factor, double summand) =>
            c.Add("Add", [c.Add("Mul", [value, graph.Constant((float)factor)]), graph.Constant((float)summand)]);
    }

    private static string OneLessSquare(GradientContext c, string y) =>
        c.Add("Sub", [c.Graph.Constant(1f), c.Add("Mul", [y, y])]);
}
