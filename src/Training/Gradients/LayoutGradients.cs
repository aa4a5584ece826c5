namespace XlLoraOnnx.Training;

/// <summary>Operators that move elements and change none.</summary>
internal static class LayoutGradients
{
    /// <summary>Also of axes of size 1 that come.</summary>
    public static void Reshape(GradientContext c) => c.Give(0, c.Add("Reshape", [c.Dy, c.Add("Shape", [c.X()])]));

    public static void Transpose(GradientContext c)
    {
        var permutation = c.Node.Attribute.First(a => a.Name == "perm").Ints;
        var back = new long[permutation.Count];
        for (var axis = 0; axis < back.Length; axis++)
            back[permutation[axis]] = axis;
        c.Give(0, c.Add("Transpose", [c.Dy], TrainingGraph.Ints("perm", back)));
    }

    public static void Concat(GradientContext c)
    {
        var axis = ShapeRules.Axis(c.Node, c.ShapeOfY());
        var dims = Enumerable.Range(0, c.Inputs).Select(i => c.ShapeOfX(i)[axis]).ToArray();
        var node = new NodeProto { OpType = "Split" };
        node.Input.Add(c.Dy);
        node.Attribute.Add(TrainingGraph.Int("axis", axis));
        if (dims.All(d => d == dims[0]))
            node.Attribute.Add(TrainingGraph.Int("num_outputs", dims.Length));
        else
            node.Input.Add(c.Graph.Constants([.. dims.Select(d => d.Value)]));
        node.Output.AddRange(dims.Select(_ => c.Graph.NewName("part")));
        c.Graph.Add(node);
        for (var i = 0; i < dims.Length; i++)
        {
            if (c.Needs(i))
                c.Give(i, node.Output[i]);
        }
    }

    public static void Split(GradientContext c)
    {
        var parts = new string[c.Outputs];
        for (var i = 0; i < parts.Length; i++)
            parts[i] = c.DyOf(i) ?? c.Add("Mul", [Output(c, i), c.Graph.Constant(0f)]);
        c.Give(0, c.Add("Concat", parts, TrainingGraph.Int("axis", ShapeRules.Axis(c.Node, c.ShapeOfX()))));
    }

    private static string Output(GradientContext c, int output) => c.Now(c.Node.Output[output]);
}
