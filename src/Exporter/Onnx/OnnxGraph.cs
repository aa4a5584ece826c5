using Google.Protobuf;

namespace XlLoraOnnx.Exporter;

/// <summary>An initializer whose bytes lie in the data file beside the graph.</summary>
internal sealed record ExternalTensor(TensorProto Proto, long Bytes, TensorSource Source)
{
    /// <summary>Initializers that read the same bytes with other dimensions.</summary>
    public List<TensorProto> Aliases { get; } = [];
}

/// <summary>
/// A graph under construction: inputs, outputs, nodes in topological order, initializers with a lazily streamed source. Values are names,
/// spelled as the ONNX Runtime GenAI builder spells them. Knows ONNX and no model.
/// </summary>
internal sealed partial class OnnxGraph
{
    private const int IrVersion = 10;
    private const int Opset = 21;
    private const string Microsoft = "com.microsoft";

    private readonly GraphProto _graph = new() { Name = "main_graph" };
    private readonly HashSet<string> _values = [];
    private readonly Dictionary<string, string> _operators = [];
    private readonly List<ExternalTensor> _external = [];

    /// <summary>In the order of the data file.</summary>
    public IReadOnlyList<ExternalTensor> ExternalTensors => _external;

    public GraphProto Proto => _graph;

    /// <returns>The operator that makes a value; null for inputs and initializers.</returns>
    public string? OperatorOf(string value) => _operators.GetValueOrDefault(value);

    public string Input(string name, OnnxType type, params ReadOnlySpan<Dim> shape)
    {
        Define(name);
        _graph.Input.Add(ValueInfo(name, type, shape));
        return name;
    }

    public void Output(string name, OnnxType type, params ReadOnlySpan<Dim> shape) => _graph.Output.Add(ValueInfo(name, type, shape));

    /// <summary>An initializer in the data file; <paramref name="source"/> is asked for its bytes only when the file is written.</summary>
    public string Initializer(string name, OnnxType type, ReadOnlySpan<long> dims, TensorSource source)
    {
        Define(name);
        var tensor = new TensorProto { Name = name, DataType = (int)type, DataLocation = TensorProto.Types.DataLocation.External };
        long bytes = type.Bytes();
        foreach (var dim in dims)
        {
            tensor.Dims.Add(dim);
            bytes = checked(bytes * dim);
        }
        if (source.Bytes != bytes)
            throw new InvalidOperationException($"'{name}' has {bytes} bytes and its source {source.Bytes}.");
        _graph.Initializer.Add(tensor);
        _external.Add(new ExternalTensor(tensor, bytes, source));
        return name;
    }

    /// <summary>
    /// An input that need not be fed: a same-named initializer without elements stands in for it. This is how ONNX Runtime takes adapters.
    /// </summary>
    public string OptionalInput(string name, OnnxType type, ReadOnlySpan<Dim> shape, ReadOnlySpan<long> emptyDims)
    {
        Input(name, type, shape);
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.Empty };
        foreach (var dim in emptyDims)
            tensor.Dims.Add(dim);
        _graph.Initializer.Add(tensor);
        return name;
    }

    /// <summary>An input that need not be fed: a single one of the same rank stands in for it.</summary>
    public string OptionalOnes(string name, OnnxType type, params ReadOnlySpan<Dim> shape)
    {
        Input(name, type, shape);
        ReadOnlySpan<byte> one = type switch
        {
            OnnxType.Float => [0, 0, 0x80, 0x3F],
            OnnxType.Float16 => [0, 0x3C],
            OnnxType.BFloat16 => [0x80, 0x3F],
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Only floating-point types are multiplied."),
        };
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(one) };
        for (var i = 0; i < shape.Length; i++)
            tensor.Dims.Add(1);
        _graph.Initializer.Add(tensor);
        return name;
    }

    public ModelProto ToModel(string producerVersion)
    {
        var model = new ModelProto
        {
            IrVersion = IrVersion,
            ProducerName = "xllora-onnx",
            ProducerVersion = producerVersion,
            Graph = _graph,
        };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = Opset });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = Microsoft, Version = 1 });
        return model;
    }

    /// <summary>Adds a node; an empty input or output name is an optional one left out.</summary>
    private void Node(
        string name, string op, ReadOnlySpan<string> inputs, ReadOnlySpan<string> outputs, string domain = "",
        params ReadOnlySpan<AttributeProto> attributes)
    {
        var node = new NodeProto { Name = name, OpType = op };
        if (domain.Length > 0)
            node.Domain = domain;
        foreach (var input in inputs)
        {
            if (input.Length > 0 && !_values.Contains(input))
                throw new InvalidOperationException($"Node '{name}' reads '{input}', which nothing before it makes.");
            node.Input.Add(input);
        }
        foreach (var output in outputs)
        {
            if (output.Length > 0)
            {
                Define(output);
                _operators.Add(output, op);
            }
            node.Output.Add(output);
        }
        foreach (var attribute in attributes)
            node.Attribute.Add(attribute);
        _graph.Node.Add(node);
    }

    private string Node(
        string name, string op, ReadOnlySpan<string> inputs, string domain = "", params ReadOnlySpan<AttributeProto> attributes)
    {
        var output = name + "/output_0";
        Node(name, op, inputs, [output], domain, attributes);
        return output;
    }

    private void Define(string name)
    {
        if (!_values.Add(name))
            throw new InvalidOperationException($"The graph has two values named '{name}'.");
    }

    private static ValueInfoProto ValueInfo(string name, OnnxType type, ReadOnlySpan<Dim> shape)
    {
        var dims = new TensorShapeProto();
        foreach (var dim in shape)
            dims.Dim.Add(dim.Symbol is { } symbol
                ? new TensorShapeProto.Types.Dimension { DimParam = symbol }
                : new TensorShapeProto.Types.Dimension { DimValue = dim.Value });
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = dims };
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }

    private static AttributeProto Int(string name, long value) =>
        new() { Name = name, I = value, Type = AttributeProto.Types.AttributeType.Int };

    private static AttributeProto Float(string name, float value) =>
        new() { Name = name, F = value, Type = AttributeProto.Types.AttributeType.Float };

    private static AttributeProto Text(string name, string value) =>
        new() { Name = name, S = ByteString.CopyFromUtf8(value), Type = AttributeProto.Types.AttributeType.String };
}
