namespace XlLoraOnnx.Training;

/// <summary>How much memory the values of a graph take, given the symbols of their shapes.</summary>
internal sealed class ValueSizes(TrainingGraph graph, IReadOnlyDictionary<string, long> symbols)
{
    private static readonly HashSet<string> Booleans =
        ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Not", "And", "Or"];

    private static readonly HashSet<string> Integers = ["Shape", "Size", "Range", "ArgMax"];

    private readonly Dictionary<string, NodeProto> _makers = graph.Proto.Node
        .SelectMany(n => n.Output.Where(o => o.Length > 0).Select(o => (o, n))).ToDictionary(pair => pair.o, pair => pair.n);

    /// <summary>Null where no rule says; nothing large is among those.</summary>
    public Dim[]? Shape(string value)
    {
        if (graph.Shapes.TryGet(value, out var shape))
            return shape;
        if (!_makers.TryGetValue(value, out var node))
            return null;
        // zeros of the shape of another value
        var isFilled = node.OpType == "ConstantOfShape" && _makers[node.Input[0]].OpType == "Shape";
        return isFilled ? Shape(_makers[node.Input[0]].Input[0])
            : node.OpType is "ScatterND" or "ScatterElements" ? Shape(node.Input[0]) : null;
    }

    public long Bytes(NodeProto maker, Dim[]? shape)
    {
        if (shape is null || maker.OpType is "Constant" or "Range")
            return 0;
        return Elements(shape, symbols) * BytesOfElement(maker);
    }

    public static long Elements(Dim[] shape, IReadOnlyDictionary<string, long> symbols) =>
        ValueShapes.Evaluate(shape, symbols).Aggregate(1L, (product, dim) => product * dim);

    private static int BytesOfElement(NodeProto maker) => maker.OpType switch
    {
        var op when Booleans.Contains(op) => 1,
        var op when Integers.Contains(op) => sizeof(long),
        "Cast" => (OnnxType)ShapeRules.Attribute(maker, "to") switch
        {
            OnnxType.Int64 => sizeof(long),
            OnnxType.Bool => 1,
            _ => sizeof(float),
        },
        _ => sizeof(float),
    };
}
