namespace XlLoraOnnx.Training;

/// <summary>Operators on pairs of elements, broadcast.</summary>
internal static class ElementwiseGradients
{
    public static void Add(GradientContext c)
    {
        for (var input = 0; input < 2; input++)
        {
            if (c.Needs(input))
                c.GiveBroadcast(input, c.Dy);
        }
    }

    public static void Sub(GradientContext c)
    {
        if (c.Needs(0))
            c.GiveBroadcast(0, c.Dy);
        if (c.Needs(1))
            c.GiveBroadcast(1, c.Add("Neg", [c.Dy]));
    }

    public static void Mul(GradientContext c)
    {
        if (c.Needs(0))
            c.GiveBroadcast(0, c.Add("Mul", [c.Dy, c.X(1)]));
        if (c.Needs(1))
            c.GiveBroadcast(1, c.Add("Mul", [c.Dy, c.X(0)]));
    }

    /// <summary>d(a / b) = da / b − (a / b) db / b</summary>
    public static void Div(GradientContext c)
    {
        var scaled = c.Add("Div", [c.Dy, c.X(1)]);
        if (c.Needs(0))
            c.GiveBroadcast(0, scaled);
        if (c.Needs(1))
            c.GiveBroadcast(1, c.Add("Neg", [c.Add("Mul", [scaled, c.Y])]));
    }

    /// <summary>To the larger; where both are equal to the second, which is a bound wherever graphs of ours have it.</summary>
    public static void Max(GradientContext c)
    {
        if (c.Inputs != 2)
            throw new NotSupportedException($"Max of {c.Inputs} has no rule for its gradient; of 2 it has.");
        var isFirst = c.Add("Greater", [c.X(0), c.X(1)]);
        if (c.Needs(0))
            c.GiveBroadcast(0, c.Add("Where", [isFirst, c.Dy, c.Graph.Constant(0f)]));
        if (c.Needs(1))
            c.GiveBroadcast(1, c.Add("Where", [isFirst, c.Graph.Constant(0f), c.Dy]));
    }

    public static void Where(GradientContext c)
    {
        if (c.Needs(1))
            c.GiveBroadcast(1, c.Add("Where", [c.X(0), c.Dy, c.Graph.Constant(0f)]));
        if (c.Needs(2))
            c.GiveBroadcast(2, c.Add("Where", [c.X(0), c.Graph.Constant(0f), c.Dy]));
    }

    /// <summary>d√x = dx / 2√x</summary>
    public static void Sqrt(GradientContext c) =>
        c.Give(0, c.Add("Mul", [c.Add("Div", [c.Dy, c.Y]), c.Graph.Constant(0.5f)]));
}
