using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Benchmarks;

/// <summary>An ONNX graph of standard operators alone, with its weights in one file beside it: what other tools export.</summary>
internal sealed class PlainGraph : IDisposable
{
    private const int IrVersion = 9, Opset = 17, Alignment = 4096, MostInGraph = 16;

    private readonly string _path;
    private readonly FileStream _data;
    private readonly HashSet<string> _known = [];
    private int _nodes;

    /// <param name="path">The weights lie in path_data, as transformers.js looks for them.</param>
    public PlainGraph(string path) => (_path, _data) = (path, new FileStream(
        path + "_data", FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20));

    public GraphProto Proto { get; } = new() { Name = "graph" };

    public string Input(string name, OnnxType type, params ReadOnlySpan<Dim> shape)
    {
        Proto.Input.Add(Value(name, type, shape));
        return name;
    }

    public void Output(string name, OnnxType type, params ReadOnlySpan<Dim> shape) => Proto.Output.Add(Value(name, type, shape));

    /// <summary>In the data file, or in the graph where it is small, since optimisers look into such; once however often it is
    /// asked for.</summary>
    public string Weight(string name, long[] dims, Action<Stream> write, OnnxType type = OnnxType.Float)
    {
        if (!_known.Add(name))
            return name;
        if (dims.Aggregate(1L, (product, dim) => product * dim) <= MostInGraph)
            return Inline(name, type, dims, write);
        _data.Position = (_data.Position + Alignment - 1) / Alignment * Alignment;
        var start = _data.Position;
        write(_data);
        var tensor = new TensorProto
        {
            Name = name,
            DataType = (int)type,
            DataLocation = TensorProto.Types.DataLocation.External,
        };
        tensor.Dims.AddRange(dims);
        Entry("location", Path.GetFileName(_path) + "_data");
        Entry("offset", start.ToString(CultureInfo.InvariantCulture));
        Entry("length", (_data.Position - start).ToString(CultureInfo.InvariantCulture));
        Proto.Initializer.Add(tensor);
        return name;

        void Entry(string key, string value) => tensor.ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });
    }

    public string Ints(params long[] values) =>
        Constant(string.Join(',', values), OnnxType.Int64, MemoryMarshal.AsBytes(values.AsSpan()), [values.Length]);

    public string Int(long value) => Constant($"{value}", OnnxType.Int64, MemoryMarshal.AsBytes([value]), []);

    public string Number(float value) =>
        Constant(value.ToString("R", CultureInfo.InvariantCulture), OnnxType.Float, MemoryMarshal.AsBytes([value]), []);

    /// <summary>Into the graph, or into a branch of it.</summary>
    /// <returns>The node's only output.</returns>
    public string Node(GraphProto? branch, string op, string? output, string[] inputs, params AttributeProto[] attributes)
    {
        var node = new NodeProto { Name = $"{op}_{++_nodes}", OpType = op };
        node.Input.AddRange(inputs);
        node.Output.Add(output ?? node.Name + "_output");
        node.Attribute.AddRange(attributes);
        (branch ?? Proto).Node.Add(node);
        return node.Output[0];
    }

    public string Node(string op, params string[] inputs) => Node(null, op, null, inputs);

    public static AttributeProto Attribute(string name, long value) =>
        new() { Name = name, I = value, Type = AttributeProto.Types.AttributeType.Int };

    public static AttributeProto Attribute(string name, float value) =>
        new() { Name = name, F = value, Type = AttributeProto.Types.AttributeType.Float };

    /// <summary>A branch. The exporter writes none and has no field for it: it is one of those that are passed on unknown.</summary>
    public static AttributeProto Attribute(string name, GraphProto value)
    {
        const int Name = 1, Graph = 6, Type = 20, TypeIsGraph = 5;
        using var bytes = new MemoryStream();
        using var output = new CodedOutputStream(bytes);
        output.WriteTag(Name, WireFormat.WireType.LengthDelimited);
        output.WriteString(name);
        output.WriteTag(Graph, WireFormat.WireType.LengthDelimited);
        output.WriteMessage(value);
        output.WriteTag(Type, WireFormat.WireType.Varint);
        output.WriteInt32(TypeIsGraph);
        output.Flush();
        return AttributeProto.Parser.ParseFrom(bytes.ToArray());
    }

    public static AttributeProto Attribute(string name, params long[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.AddRange(values);
        return attribute;
    }

    public static ValueInfoProto Value(string name, OnnxType type, params ReadOnlySpan<Dim> shape)
    {
        var dims = new TensorShapeProto();
        foreach (var dim in shape)
        {
            dims.Dim.Add(dim.Symbol is { } symbol
                ? new TensorShapeProto.Types.Dimension { DimParam = symbol }
                : new TensorShapeProto.Types.Dimension { DimValue = dim.Value });
        }
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = dims };
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }

    public void Save()
    {
        var model = new ModelProto { IrVersion = IrVersion, ProducerName = "benchmark", Graph = Proto };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = Opset });
        using var file = File.Create(_path);
        model.WriteTo(file);
        _data.Flush();
    }

    public void Dispose() => _data.Dispose();

    private string Inline(string name, OnnxType type, long[] dims, Action<Stream> write)
    {
        using var bytes = new MemoryStream();
        write(bytes);
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(bytes.ToArray()) };
        tensor.Dims.AddRange(dims);
        Proto.Initializer.Add(tensor);
        return name;
    }

    private string Constant(string literal, OnnxType type, ReadOnlySpan<byte> bytes, long[] dims)
    {
        var name = $"constant_{type}_{literal}_{dims.Length}";
        if (!_known.Add(name))
            return name;
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        tensor.Dims.AddRange(dims);
        Proto.Initializer.Add(tensor);
        return name;
    }
}
