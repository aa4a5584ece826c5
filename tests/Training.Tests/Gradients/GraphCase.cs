using Google.Protobuf;

namespace XlLoraOnnx.Training.Tests;

/// <summary>A small graph and the inputs to run it on: values are names, as in <see cref="OnnxGraph"/>.</summary>
/// <remarks>Random floats are float32 numbers, so that ONNX Runtime and <see cref="DoubleInterpreter"/> read the same.</remarks>
internal sealed class GraphCase(ulong seed = 1)
{
    private readonly Dictionary<string, Tensor64> _inputs = [];
    private readonly Dictionary<int, string> _symbols = [];

    public GraphProto Graph { get; } = new() { Name = "case" };

    public IReadOnlyDictionary<string, Tensor64> Inputs => _inputs;

    /// <summary>Dimensions of this size are declared as a symbol in the inputs that follow.</summary>
    public GraphCase Symbol(string name, int size)
    {
        _symbols.Add(size, name);
        return this;
    }

    /// <summary>Random values from −2 up to 2.</summary>
    public string Float(string name, params int[] shape) => FloatIn(name, -2, 2, shape);

    public string FloatIn(string name, double from, double to, params int[] shape) =>
        Given(name, Random(TensorKind.Float, shape, unit => (float)(from + (to - from) * unit)));

    /// <summary>Random numbers from the first up to, but not including, the second.</summary>
    public string Long(string name, long from, long below, params int[] shape) =>
        Given(name, Random(TensorKind.Int64, shape, unit => Math.Floor(from + (below - from) * unit)));

    /// <summary>As <see cref="Long"/>.</summary>
    public string Int32(string name, int from, int below, params int[] shape) =>
        Given(name, Random(TensorKind.Int32, shape, unit => Math.Floor(from + (below - from) * unit)));

    public string Bool(string name, params int[] shape) => Given(name, Random(TensorKind.Bool, shape, unit => unit < 0.5 ? 0 : 1));

    /// <summary>An input with these values.</summary>
    public string Given(string name, Tensor64 value)
    {
        _inputs.Add(name, value);
        var dims = new TensorShapeProto();
        dims.Dim.AddRange(value.Shape.Select(size => _symbols.TryGetValue(size, out var symbol)
            ? new TensorShapeProto.Types.Dimension { DimParam = symbol }
            : new TensorShapeProto.Types.Dimension { DimValue = size }));
        var type = new TypeProto.Types.Tensor { ElemType = (int)value.Kind, Shape = dims };
        Graph.Input.Add(new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = type } });
        return name;
    }

    public string Constant(Tensor64 value) => Node("Constant", [], ("value", value));

    public string Constant(float scalar) => Constant(Tensor64.Scalar(scalar));

    public string Constant(long scalar) => Constant(Tensor64.Longs([], scalar));

    /// <summary>int64 [n]: a shape, or axes.</summary>
    public string Longs(params long[] values) => Constant(Tensor64.Longs([values.Length], values));

    /// <param name="op">With its domain, e.g. <c>com.microsoft.BiasGelu</c>, where it is not ONNX's own.</param>
    /// <param name="inputs">An empty one is left out.</param>
    /// <returns>The only output.</returns>
    public string Node(string op, string[] inputs, params (string Name, object Value)[] attributes) =>
        Node(op, inputs, [$"{op}_{Graph.Node.Count}"], attributes)[0];

    /// <param name="outputs">An empty one is left out.</param>
    /// <returns>The outputs.</returns>
    public string[] Node(string op, string[] inputs, string[] outputs, params (string Name, object Value)[] attributes)
    {
        var dot = op.LastIndexOf('.');
        var node = new NodeProto { Name = $"{op}_node_{Graph.Node.Count}", OpType = op[(dot + 1)..] };
        if (dot >= 0)
            node.Domain = op[..dot];
        node.Input.AddRange(inputs);
        node.Output.AddRange(outputs);
        node.Attribute.AddRange(attributes.Select(a => Attribute(a.Name, a.Value)));
        Graph.Node.Add(node);
        return outputs;
    }

    /// <summary>The elements of a value times random weights, summed up: a scalar whose gradient has no two elements alike.</summary>
    public string Loss(string value)
    {
        var weights = Float(value + ".weights", Run()[value].Shape);
        return Output(Node("ReduceSum", [Node("Mul", [value, weights])], ("keepdims", 0)));
    }

    /// <summary>Makes a value an output of the graph.</summary>
    public string Output(string value)
    {
        var type = new TypeProto.Types.Tensor { ElemType = (int)Run()[value].Kind };
        Graph.Output.Add(new ValueInfoProto { Name = value, Type = new TypeProto { TensorType = type } });
        return value;
    }

    /// <summary>All values of the graph as it is so far.</summary>
    public Dictionary<string, Tensor64> Run() => DoubleInterpreter.Run(Graph, _inputs);

    /// <summary>Gradients against finite differences, and against ONNX Runtime.</summary>
    /// <param name="loss">The scalar.</param>
    /// <param name="gradientNames">From each input that is differed to its gradient in <paramref name="withGradients"/>.</param>
    public void CheckGradients(string loss, GraphProto withGradients, IReadOnlyDictionary<string, string> gradientNames)
    {
        FiniteDifferences.Check(Graph, loss, [.. gradientNames.Keys], _inputs, gradientNames, withGradients);
        OrtCheck.Check(withGradients, _inputs, [loss, .. gradientNames.Values]);
    }

    private Tensor64 Random(TensorKind kind, int[] shape, Func<double, double> value)
    {
        var stream = (ulong)_inputs.Count;
        return new Tensor64(kind, shape,
            [.. Enumerable.Range(0, Strides.Count(shape)).Select(i => value(CounterRandom.Unit(seed, stream, (ulong)i)))]);
    }

    private static AttributeProto Attribute(string name, object value) => value switch
    {
        int number => new() { Name = name, I = number, Type = AttributeProto.Types.AttributeType.Int },
        long number => new() { Name = name, I = number, Type = AttributeProto.Types.AttributeType.Int },
        float number => new() { Name = name, F = number, Type = AttributeProto.Types.AttributeType.Float },
        string text => new() { Name = name, S = ByteString.CopyFromUtf8(text), Type = AttributeProto.Types.AttributeType.String },
        long[] numbers => new() { Name = name, Ints = { numbers }, Type = AttributeProto.Types.AttributeType.Ints },
        Tensor64 tensor => new() { Name = name, T = tensor.ToProto(), Type = AttributeProto.Types.AttributeType.Tensor },
        _ => throw new ArgumentException($"'{name}' is a {value.GetType()}; give an int, long, float, string, long[] or Tensor64."),
    };
}
