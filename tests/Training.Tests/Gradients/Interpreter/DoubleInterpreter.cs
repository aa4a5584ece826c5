namespace XlLoraOnnx.Training.Tests;

/// <summary>Runs a graph node by node in double precision: slow, short, and with nothing in common with what is tested.</summary>
/// <remarks>Operators are those of opset 21 (onnx/docs/Operators.md) and ONNX Runtime's own (docs/ContribOperators.md there).</remarks>
internal static class DoubleInterpreter
{
    private static readonly Dictionary<string, Func<OperatorCall, Tensor64>> OfOneOutput = new()
    {
        ["Add"] = ElementwiseOperators.Binary((a, b) => a + b),
        ["Sub"] = ElementwiseOperators.Binary((a, b) => a - b),
        ["Mul"] = ElementwiseOperators.Binary((a, b) => a * b),
        ["Div"] = ElementwiseOperators.Div,
        ["Pow"] = ElementwiseOperators.Pow,
        ["Max"] = ElementwiseOperators.Variadic(Math.Max),
        ["Min"] = ElementwiseOperators.Variadic(Math.Min),
        ["Neg"] = ElementwiseOperators.Unary(x => -x),
        ["Abs"] = ElementwiseOperators.Unary(Math.Abs),
        ["Sign"] = ElementwiseOperators.Unary(x => Math.Sign(x)),
        ["Sqrt"] = ElementwiseOperators.Unary(Math.Sqrt),
        ["Exp"] = ElementwiseOperators.Unary(Math.Exp),
        ["Log"] = ElementwiseOperators.Unary(Math.Log),
        ["Erf"] = ElementwiseOperators.Unary(ElementwiseOperators.Erf),
        ["Sin"] = ElementwiseOperators.Unary(Math.Sin),
        ["Cos"] = ElementwiseOperators.Unary(Math.Cos),
        ["Tanh"] = ElementwiseOperators.Unary(Math.Tanh),
        ["Sigmoid"] = ElementwiseOperators.Unary(x => 1 / (1 + Math.Exp(-x))),
        ["Relu"] = ElementwiseOperators.Unary(x => Math.Max(x, 0)),
        ["Reciprocal"] = ElementwiseOperators.Unary(x => 1 / x),
        ["Identity"] = ElementwiseOperators.Unary(x => x),
        ["Not"] = ElementwiseOperators.Unary(x => 1 - x),
        ["And"] = ElementwiseOperators.Binary((a, b) => a * b),
        ["Or"] = ElementwiseOperators.Binary(Math.Max),
        ["Equal"] = ElementwiseOperators.Comparison((a, b) => a == b),
        ["Greater"] = ElementwiseOperators.Comparison((a, b) => a > b),
        ["Less"] = ElementwiseOperators.Comparison((a, b) => a < b),
        ["GreaterOrEqual"] = ElementwiseOperators.Comparison((a, b) => a >= b),
        ["LessOrEqual"] = ElementwiseOperators.Comparison((a, b) => a <= b),
        ["Where"] = ElementwiseOperators.Where,
        ["Cast"] = ElementwiseOperators.Cast,
        ["Gelu"] = ElementwiseOperators.Gelu,
        ["MatMul"] = ProductOperators.MatMul,
        ["Gemm"] = ProductOperators.Gemm,
        ["com.microsoft.FusedMatMul"] = ProductOperators.FusedMatMul,
        ["ReduceSum"] = ReductionOperators.Over(values => values.Sum()),
        ["ReduceMean"] = ReductionOperators.Over(values => values.Average()),
        ["ReduceMax"] = ReductionOperators.Over(values => values.Max()),
        ["ReduceSumSquare"] = ReductionOperators.Over(values => values.Sum(v => v * v)),
        ["ReduceL2"] = ReductionOperators.Over(values => Math.Sqrt(values.Sum(v => v * v))),
        ["ArgMax"] = ReductionOperators.ArgMax,
        ["Softmax"] = ReductionOperators.Softmax,
        ["LogSoftmax"] = ReductionOperators.LogSoftmax,
        ["CumSum"] = ReductionOperators.CumSum,
        ["Reshape"] = ShapeOperators.Reshape,
        ["Transpose"] = ShapeOperators.Transpose,
        ["Unsqueeze"] = ShapeOperators.Unsqueeze,
        ["Squeeze"] = ShapeOperators.Squeeze,
        ["Expand"] = ShapeOperators.Expand,
        ["Tile"] = ShapeOperators.Tile,
        ["Shape"] = ShapeOperators.Shape,
        ["Size"] = ShapeOperators.Size,
        ["Range"] = ShapeOperators.Range,
        ["ConstantOfShape"] = ShapeOperators.ConstantOfShape,
        ["Constant"] = ShapeOperators.Constant,
        ["Trilu"] = ShapeOperators.Trilu,
        ["Concat"] = PartOperators.Concat,
        ["Slice"] = PartOperators.Slice,
        ["Pad"] = PartOperators.Pad,
        ["Gather"] = IndexOperators.Gather,
        ["GatherElements"] = IndexOperators.GatherElements,
        ["GatherND"] = IndexOperators.GatherND,
        ["ScatterND"] = IndexOperators.ScatterND,
        ["ScatterElements"] = IndexOperators.ScatterElements,
        ["OneHot"] = IndexOperators.OneHot,
        ["com.microsoft.BiasGelu"] = call =>
            ElementwiseOperators.Zip(call[0], call[1], call[0].Kind, (a, b) => ElementwiseOperators.Gelu(a + b)),
        ["com.microsoft.RotaryEmbedding"] = AttentionOperators.RotaryEmbedding,
        ["com.microsoft.MultiHeadAttention"] = AttentionOperators.MultiHeadAttention,
    };

    private static readonly Dictionary<string, Func<OperatorCall, Tensor64?[]>> OfSeveralOutputs = new()
    {
        ["Split"] = PartOperators.Split,
        ["LayerNormalization"] = NormalizationOperators.LayerNormalization,
        ["SimplifiedLayerNormalization"] = NormalizationOperators.SimplifiedLayerNormalization,
        ["com.microsoft.SkipLayerNormalization"] = NormalizationOperators.SkipLayerNormalization,
        ["com.microsoft.SkipSimplifiedLayerNormalization"] = NormalizationOperators.SkipSimplifiedLayerNormalization,
    };

    /// <summary>With their domain, where it is not ONNX's own.</summary>
    public static IEnumerable<string> Operators => OfOneOutput.Keys.Concat(OfSeveralOutputs.Keys);

    public static string Operator(NodeProto node) => node.Domain.Length == 0 ? node.OpType : $"{node.Domain}.{node.OpType}";

    /// <summary>All values of a graph by name.</summary>
    /// <param name="inputs">May stand in for initializers too, and hold more than the graph reads.</param>
    /// <exception cref="NotSupportedException">An operator is unknown; the message names it.</exception>
    public static Dictionary<string, Tensor64> Run(GraphProto graph, IReadOnlyDictionary<string, Tensor64> inputs)
    {
        var values = new Dictionary<string, Tensor64>(inputs);
        foreach (var initializer in graph.Initializer)
        {
            if (!values.ContainsKey(initializer.Name))
                values.Add(initializer.Name, Tensor64.Read(initializer));
        }
        foreach (var input in graph.Input)
            CheckDeclared(input, values);
        foreach (var node in graph.Node)
            Run(node, values);
        return values;
    }

    /// <summary>An initializer without elements, which stands in for an adapter that is not given, may have another shape.</summary>
    private static void CheckDeclared(ValueInfoProto input, Dictionary<string, Tensor64> values)
    {
        if (!values.TryGetValue(input.Name, out var value))
            throw new ArgumentException($"The graph has an input '{input.Name}', for which nothing is given.");
        var declared = input.Type.TensorType;
        var dims = declared.Shape.Dim;
        var fits = dims.Count == value.Rank
            && (value.Values.Length == 0 || dims.Zip(value.Shape).All(p => !p.First.HasDimValue || p.First.DimValue == p.Second));
        if (declared.ElemType != (int)value.Kind || !fits)
            throw new ArgumentException(
                $"'{input.Name}' is {value}, and the graph wants elements of type {declared.ElemType} as {declared.Shape}.");
    }

    private static void Run(NodeProto node, Dictionary<string, Tensor64> values)
    {
        var call = new OperatorCall(node, [.. node.Input.Select(name =>
            name.Length == 0 ? null
            : values.GetValueOrDefault(name)
                ?? throw new InvalidOperationException($"'{node.Name}' reads '{name}', which nothing before it makes."))]);
        Tensor64?[] outputs =
            OfOneOutput.TryGetValue(Operator(node), out var one) ? [one(call)]
            : OfSeveralOutputs.TryGetValue(Operator(node), out var several) ? several(call)
            : throw new NotSupportedException($"The operator '{Operator(node)}' of '{node.Name}' is not interpreted.");
        for (var i = 0; i < node.Output.Count; i++)
        {
            if (node.Output[i].Length > 0)
                values.Add(node.Output[i], i < outputs.Length && outputs[i] is { } output ? output : throw call.Unsupported($"output {i}"));
        }
    }
}
