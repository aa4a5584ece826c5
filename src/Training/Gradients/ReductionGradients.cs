namespace XlLoraOnnx.Training;

/// <summary>Operators over axes that go, or stay with size 1.</summary>
internal static class ReductionGradients
{
    public static void Sum(GradientContext c) => c.Give(0, Spread(c, Kept(c, c.Dy)));

    public static void Mean(GradientContext c)
    {
        var count = c.Add("Div", [Size(c, c.X()), Size(c, c.Y)]);
        c.Give(0, Spread(c, Kept(c, c.Add("Div", [c.Dy, count]))));
    }

    /// <summary>x / y dy; 0 where y is 0.</summary>
    public static void L2(GradientContext c)
    {
        var zero = c.Graph.Constant(0f);
        var isZero = c.Add("Equal", [c.Y, zero]);
        var slope = c.Add("Where", [isZero, zero, c.Add("Div", [c.Dy, c.Add("Where", [isZero, c.Graph.Constant(1f), c.Y])])]);
        c.Give(0, c.Add("Mul", [c.X(), Kept(c, slope)]));
    }

    /// <summary>With the axes that are gone as ones.</summary>
    private static string Kept(GradientContext c, string gradient)
    {
        if (ShapeRules.Attribute(c.Node, "keepdims", 1) == 1)
            return gradient;
        long[] axes = [.. ShapeRules.Axes(c.Node, c.ShapeOfX(), c.Graph.Shapes).Order().Select(axis => (long)axis)];
        return c.Add("Unsqueeze", [gradient, c.Graph.Constants(axes)]);
    }

    private static string Spread(GradientContext c, string gradient) =>
        c.Add("Expand", [gradient, c.Add("Shape", [c.X()])]);

    private static string Size(GradientContext c, string x) =>
        c.Add("Cast", [c.Add("Size", [x])], TrainingGraph.Int("to", (int)OnnxType.Float));
}
