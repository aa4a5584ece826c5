namespace XlLoraOnnx.Training;

/// <summary>How much memory the values of a graph take, given the symbols of their shapes.</summary>
internal sealed class ValueSizes
{
    private static readonly HashSet<string> Booleans =
        ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Not", "And", "Or"];

    private static readonly HashSet<string> Integers = ["Shape", "Size", "Range", "ArgMax"];

    private readonly TrainingGraph _graph;
    private readonly Dictionary<string, NodeProto> _makers;
    private readonly Dictionary<string, long> _symbols;

    /// <param name="symbols">Of the inputs.</param>
    public ValueSizes(TrainingGraph graph, IReadOnlyDictionary<string, long> symbols)
    {
        _graph = graph;
        _makers = graph.Proto.Node
            .SelectMany(n => n.Output.Where(o => o.Length > 0).Select(o => (o, n))).ToDictionary(pair => pair.o, pair => pair.n);
        _symbols = new(symbols);
        // what counts has a length of its own
        foreach (var node in graph.Proto.Node.Where(n => n.OpType == "Range"))
            _symbols[node.Output[0]] = Number(node.Input[1]) ?? symbols.Values.Max();
    }

    /// <summary>Null where no rule says; nothing large is among those.</summary>
    public Dim[]? Shape(string value)
    {
        if (_graph.Shapes.TryGet(value, out var shape))
            return shape;
        if (!_makers.TryGetValue(value, out var node))
            return null;
        // zeros of the shape of another value
        var isFilled = node.OpType == "ConstantOfShape" && _makers[node.Input[0]].OpType == "Shape";
        return isFilled ? Shape(_makers[node.Input[0]].Input[0])
            : node.OpType is "ScatterND" or "ScatterElements" ? Shape(node.Input[0]) : null;
    }

    /// <summary>The shape in numbers.</summary>
    /// <exception cref="NotSupportedException">No rule says it.</exception>
    public long[] Numbers(string value) => ValueShapes.Evaluate(Shape(value) ?? _graph.Shapes[value], _symbols);

    public long Bytes(NodeProto maker, Dim[]? shape)
    {
        if (shape is null || maker.OpType is "Constant" or "Range")
            return 0;
        return Elements(shape, _symbols) * BytesOfElement(maker);
    }

    public static long Elements(Dim[] shape, IReadOnlyDictionary<string, long> symbols) =>
        ValueShapes.Evaluate(shape, symbols).Aggregate(1L, (product, dim) => product * dim);

    /// <summary>A number that the graph takes from a shape; null where it computes another.</summary>
    private long? Number(string value)
    {
        if (_graph.Shapes.AreIntegersKnown(value))
            return _graph.Shapes.Integers(value) is [var only] ? only : null;
        if (!_makers.TryGetValue(value, out var node))
            return null;
        return node.OpType switch
        {
            "Squeeze" or "Unsqueeze" or "Reshape" or "Cast" or "Identity" => Number(node.Input[0]),
            "Shape" when Shape(node.Input[0]) is { } shape => Dimension(shape, ShapeRules.Attribute(node, "start")),
            "Gather" when _makers.TryGetValue(node.Input[0], out var of) && of.OpType == "Shape" && Shape(of.Input[0]) is { } shape
                && _graph.Shapes.AreIntegersKnown(node.Input[1]) => Dimension(shape, _graph.Shapes.Integers(node.Input[1])[0]),
            _ => null,
        };
    }

    private long Dimension(Dim[] shape, long axis) =>
        ValueShapes.Evaluate([shape[(int)(axis < 0 ? axis + shape.Length : axis)]], _symbols)[0];

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
