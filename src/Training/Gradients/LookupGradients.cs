namespace XlLoraOnnx.Training;

/// <summary>Operators that take elements by an index, and rotations by position.</summary>
internal static class LookupGradients
{
    /// <summary>Rows of the first axis, several of which may be the same; or one element of another axis.</summary>
    public static void Gather(GradientContext c)
    {
        var axis = ShapeRules.Axis(c.Node, c.ShapeOfX());
        if (axis == 0)
        {
            var zeros = c.Add("ConstantOfShape", [c.Add("Shape", [c.X()])]);
            var index = c.Add("Unsqueeze", [c.X(1), c.Graph.Constants(-1)]);
            c.Give(0, c.Add("ScatterND", [zeros, index, c.Dy], Reduction("add")));
            return;
        }
        if (c.ShapeOfX(1).Length != 0)
            throw new NotSupportedException(
                $"Gather of several elements of axis {axis} has no rule for its gradient; of rows of the first axis, or of one it has.");
        var size = c.Add("Gather", [c.Add("Shape", [c.X()]), c.Graph.Constant((long)axis)]);
        var positions = c.Add("Range", [c.Graph.Constant(0L), size, c.Graph.Constant(1L)]);
        var isTaken = c.Add("Cast", [c.Add("Equal", [positions, c.X(1)])], TrainingGraph.Int("to", (int)OnnxType.Float));
        long[] others = [.. Enumerable.Range(1, c.ShapeOfX().Length - axis - 1).Select(i => (long)i)];
        if (others.Length > 0)
            isTaken = c.Add("Unsqueeze", [isTaken, c.Graph.Constants(others)]);
        c.Give(0, c.Add("Mul", [c.Add("Unsqueeze", [c.Dy, c.Graph.Constants(axis)]), isTaken]));
    }

    public static void GatherElements(GradientContext c)
    {
        var zeros = c.Add("ConstantOfShape", [c.Add("Shape", [c.X()])]);
        var axis = ShapeRules.Axis(c.Node, c.ShapeOfX());
        c.Give(0, c.Add("ScatterElements", [zeros, c.X(1), c.Dy], TrainingGraph.Int("axis", axis), Reduction("add")));
    }

    /// <summary>Rotated back: by the negative sine (arXiv 2104.09864).</summary>
    public static void RotaryEmbedding(GradientContext c)
    {
        AttributeProto[] attributes = [.. c.Node.Attribute.Select(a => a.Clone())];
        c.Give(0, c.Add("RotaryEmbedding", [c.Dy, c.X(1), c.X(2), c.Add("Neg", [c.X(3)])], attributes));
    }

    private static AttributeProto Reduction(string name) => TrainingGraph.Text("reduction", name);
}
