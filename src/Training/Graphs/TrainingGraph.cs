using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Google.Protobuf;

namespace XlLoraOnnx.Training;

/// <summary>
/// A graph in plain operators that grows: whoever adds a node says its operator and inputs, and has the name of its first output. Knows
/// the shape of every value that lies between parameters and losses.
/// </summary>
internal sealed class TrainingGraph
{
    public const string Microsoft = "com.microsoft";
    private const int IrVersion = 10;
    private const int Opset = 21;

    private readonly GraphProto _graph = new() { Name = "training" };
    private readonly HashSet<string> _names = [];
    private readonly List<DropoutSite> _dropouts = [];
    private readonly Dictionary<string, Func<string, string>> _remaking = [];
    private int _made;

    /// <summary>Nodes in topological order.</summary>
    public GraphProto Proto => _graph;

    public ValueShapes Shapes { get; } = new();

    /// <summary>In the order in which they were added.</summary>
    public IReadOnlyList<DropoutSite> Dropouts => _dropouts;

    public string Input(string name, OnnxType type, params ReadOnlySpan<Dim> shape)
    {
        Define(name);
        var dims = new TensorShapeProto();
        foreach (var dim in shape)
            dims.Dim.Add(dim.Symbol is { } symbol
                ? new TensorShapeProto.Types.Dimension { DimParam = symbol }
                : new TensorShapeProto.Types.Dimension { DimValue = dim.Value });
        _graph.Input.Add(new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = dims } },
        });
        Shapes.Set(name, shape.ToArray());
        return name;
    }

    /// <summary>A value that is asked for by another name.</summary>
    public void OutputAs(string value, string name)
    {
        var node = new NodeProto { OpType = "Identity" };
        node.Input.Add(value);
        node.Output.Add(name);
        Add(node);
        Output(name);
    }

    /// <summary>A value that is asked for.</summary>
    public void Output(string name, OnnxType type = OnnxType.Float)
    {
        if (_graph.Output.Any(o => o.Name == name))
            return;
        _graph.Output.Add(new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type } },
        });
    }

    /// <summary>Adds a node with one output.</summary>
    public string Add(string op, ReadOnlySpan<string> inputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        var node = new NodeProto { OpType = op };
        if (op is "FusedMatMul" or "RotaryEmbedding")
            node.Domain = Microsoft;
        node.Input.AddRange(inputs.ToArray());
        node.Attribute.AddRange(attributes.ToArray());
        node.Output.Add(NewName(op));
        return Add(node);
    }

    /// <summary>Adds a node as it is; its outputs are new names.</summary>
    /// <returns>The first output.</returns>
    public string Add(NodeProto node)
    {
        foreach (var input in node.Input)
        {
            if (input.Length > 0 && !_names.Contains(input))
                throw new InvalidOperationException($"A node {node.OpType} reads '{input}', which nothing before it makes.");
        }
        foreach (var output in node.Output)
        {
            if (output.Length > 0)
                Define(output);
        }
        node.Name = "node_" + _graph.Node.Count.ToString(CultureInfo.InvariantCulture);
        _graph.Node.Add(node);
        Shapes.Infer(node);
        return node.Output[0];
    }

    /// <summary>One of the later outputs of a node, which is asked for now if it was not before.</summary>
    public string ExtraOutput(NodeProto node, int output)
    {
        while (node.Output.Count <= output)
            node.Output.Add("");
        if (node.Output[output].Length > 0)
            return node.Output[output];
        node.Output[output] = NewName(node.OpType);
        Define(node.Output[output]);
        Shapes.Infer(node);
        return node.Output[output];
    }

    public string Constant(float scalar) => Constant(
        OnnxType.Float, MemoryMarshal.AsBytes([scalar]), scalar.ToString("R", CultureInfo.InvariantCulture), []);

    public string Constant(long scalar) => Constant(
        OnnxType.Int64, MemoryMarshal.AsBytes([scalar]), scalar.ToString(CultureInfo.InvariantCulture), []);

    public string Constants(params ReadOnlySpan<long> values) => Constant(
        OnnxType.Int64, MemoryMarshal.AsBytes(values), "[" + string.Join(",", values.ToArray()) + "]", [values.Length]);

    /// <summary>
    /// Zeroes elements and divides the others by 1 − p (Srivastava et al., JMLR 2014), as torch's dropout. Which, says an input, so that
    /// the same step can be made again.
    /// </summary>
    /// <param name="site">Its name, of which the random numbers are a function.</param>
    /// <param name="x">What is dropped out.</param>
    /// <param name="probability">0 to below 1; nothing is added for 0.</param>
    public string Dropout(string site, string x, double probability)
    {
        if (probability == 0)
            return x;
        var factors = Input("dropout/" + site, OnnxType.Float, Shapes[x]);
        _dropouts.Add(new DropoutSite(factors, Shapes[x], probability));
        return Add("Mul", [x, factors]);
    }

    public string Constants(ReadOnlySpan<float> values, ReadOnlySpan<long> dims) => Constant(
        OnnxType.Float, MemoryMarshal.AsBytes(values), Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(values))), dims);

    /// <summary>A value that is made anew wherever it is read again, and not kept from forward to backward.</summary>
    /// <param name="make">Given a value that it is made after, adds its nodes once more.</param>
    public void SetRemaking(string value, Func<string, string> make) => _remaking[value] = make;

    /// <summary>The value, or it made anew after another one.</summary>
    public string Remade(string value, string before) => _remaking.TryGetValue(value, out var make) ? make(before) : value;

    /// <summary>No value has it yet.</summary>
    public string NewName(string word)
    {
        string name;
        do
            name = $"{word}_{_made++}";
        while (_names.Contains(name));
        return name;
    }

    public ModelProto ToModel()
    {
        var model = new ModelProto { IrVersion = IrVersion, ProducerName = "xllora-onnx", Graph = _graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = Opset });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = Microsoft, Version = 1 });
        return model;
    }

    public static AttributeProto Int(string name, long value) =>
        new() { Name = name, I = value, Type = AttributeProto.Types.AttributeType.Int };

    public static AttributeProto Float(string name, float value) =>
        new() { Name = name, F = value, Type = AttributeProto.Types.AttributeType.Float };

    public static AttributeProto Text(string name, string value) =>
        new() { Name = name, S = ByteString.CopyFromUtf8(value), Type = AttributeProto.Types.AttributeType.String };

    public static AttributeProto Ints(string name, params ReadOnlySpan<long> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.AddRange(values.ToArray());
        return attribute;
    }

    private string Constant(OnnxType type, ReadOnlySpan<byte> bytes, string literal, ReadOnlySpan<long> dims)
    {
        var output = $"constant/{type}/{literal}";
        if (_names.Contains(output))
            return output;
        var tensor = new TensorProto { DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        tensor.Dims.AddRange(dims.ToArray());
        var node = new NodeProto { OpType = "Constant" };
        node.Attribute.Add(new AttributeProto { Name = "value", T = tensor, Type = AttributeProto.Types.AttributeType.Tensor });
        node.Output.Add(output);
        return Add(node);
    }

    private void Define(string name)
    {
        if (!_names.Add(name))
            throw new InvalidOperationException($"The graph has two values named '{name}'.");
    }
}

/// <param name="Input">0 for what goes, 1 / (1 − p) for what stays.</param>
/// <param name="Shape">Of the input, with the symbols of the graph's other inputs.</param>
internal sealed record DropoutSite(string Input, Dim[] Shape, double Probability);
