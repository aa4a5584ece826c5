namespace XlLoraOnnx.Training;

/// <summary>A node as the rule of its operator sees it.</summary>
/// <param name="again">Values that were computed again, and stand for those of the node.</param>
/// <param name="gradients">Of values of the graph; rules add to them.</param>
/// <param name="needed">Values whose gradients are wanted.</param>
internal sealed class GradientContext(TrainingGraph graph, NodeProto node, IReadOnlyDictionary<string, string> again,
    Dictionary<string, string> gradients, IReadOnlySet<string> needed)
{
    public TrainingGraph Graph => graph;

    public NodeProto Node => node;

    public int Inputs => node.Input.Count;

    public int Outputs => node.Output.Count;

    /// <summary>The gradient of the first output.</summary>
    public string Dy => gradients[node.Output[0]];

    /// <summary>Of any output; null where nothing depends on it.</summary>
    public string? DyOf(int output) => gradients.GetValueOrDefault(node.Output[output]);

    /// <summary>An input; one that is not kept is made anew, after the gradient of the output.</summary>
    public string X(int input = 0) => graph.Remade(Now(node.Input[input]), DyOf(0) ?? "");

    /// <summary>The first output.</summary>
    public string Y => Now(node.Output[0]);

    public Dim[] ShapeOfX(int input = 0) => graph.Shapes[node.Input[input]];

    public Dim[] ShapeOfY(int output = 0) => graph.Shapes[node.Output[output]];

    public bool Has(int input) => input < node.Input.Count && node.Input[input].Length > 0;

    public bool Needs(int input) => Has(input) && needed.Contains(node.Input[input]);

    public string Add(string op, ReadOnlySpan<string> inputs, params ReadOnlySpan<AttributeProto> attributes) =>
        graph.Add(op, inputs, attributes);

    /// <summary>Adds to the gradient of an input.</summary>
    public void Give(int input, string gradient)
    {
        var name = node.Input[input];
        gradients[name] = gradients.TryGetValue(name, out var sum) ? graph.Add("Add", [sum, gradient]) : gradient;
        graph.Shapes.Set(gradients[name], graph.Shapes[name]);
    }

    /// <summary>Adds to the gradient of an input what has the shape of the output, summed over what was broadcast.</summary>
    public void GiveBroadcast(int input, string gradient) => Give(input, Narrow(gradient, ShapeOfY(), ShapeOfX(input)));

    /// <summary>Summed over axes that the narrower shape has not, or of which it has one.</summary>
    public string Narrow(string gradient, Dim[] from, Dim[] to)
    {
        var more = from.Length - to.Length;
        long[] gone = [.. Enumerable.Range(0, more).Select(axis => (long)axis)];
        long[] ones = [.. Enumerable.Range(0, to.Length).Where(axis => to[axis] == (Dim)1 && from[axis + more] != (Dim)1)
            .Select(axis => (long)axis)];
        if (gone.Length > 0)
            gradient = Add("ReduceSum", [gradient, graph.Constants(gone)], TrainingGraph.Int("keepdims", 0));
        return ones.Length == 0 ? gradient
            : Add("ReduceSum", [gradient, graph.Constants(ones)], TrainingGraph.Int("keepdims", 1));
    }

    /// <summary>An output of the node that nobody asked for yet.</summary>
    /// <remarks>Of what was computed again where that stands for the node.</remarks>
    public string ExtraOutput(int output)
    {
        var made = graph.Proto.Node.First(n => n.Output.Count > 0 && n.Output[0] == Y);
        return graph.ExtraOutput(made, output);
    }

    /// <summary>A value of the graph, or what was computed again for it.</summary>
    public string Now(string value) => again.GetValueOrDefault(value, value);
}
