using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;

namespace XlLoraOnnx.Exporter;

/// <summary>The operators in use, one method each; each returns the name of its first output.</summary>
internal sealed partial class OnnxGraph
{
    public string MatMul(string name, string a, string b) => Node(name, "MatMul", [a, b]);

    public string MatMul(string name, string output, string a, string b)
    {
        Node(name, "MatMul", [a, b], [output]);
        return output;
    }

    /// <summary>a · bᵀ, so that one table [vocab, hidden] serves the embedding and the head.</summary>
    public string MatMulTransposedB(string name, string output, string a, string b, float scale = 1)
    {
        Node(name, "FusedMatMul", [a, b], [output], Microsoft, Float("alpha", scale), Int("transA", 0), Int("transB", 1));
        return output;
    }

    public string Add(string name, string a, string b) => Node(name, "Add", [a, b]);

    public string Sub(string name, string a, string b) => Node(name, "Sub", [a, b]);

    public string Mul(string name, string a, string b) => Node(name, "Mul", [a, b]);

    public void Mul(string name, string output, string a, string b) => Node(name, "Mul", [a, b], [output]);

    public string Div(string name, string a, string b) => Node(name, "Div", [a, b]);

    public string Tanh(string name, string x) => Node(name, "Tanh", [x]);

    public string Min(string name, string a, string b) => Node(name, "Min", [a, b]);

    public string Cast(string name, string x, OnnxType to) => Node(name, "Cast", [x], "", Int("to", (int)to));

    public string Cast(string name, string output, string x, OnnxType to)
    {
        Node(name, "Cast", [x], [output], "", Int("to", (int)to));
        return output;
    }

    public string Shape(string name, string x) => Node(name, "Shape", [x]);

    public string Gather(string name, string data, string indices, int axis = 0) =>
        Node(name, "Gather", [data, indices], "", Int("axis", axis));

    public string GatherND(string name, string data, string indices, int batchDims) =>
        Node(name, "GatherND", [data, indices], "", Int("batch_dims", batchDims));

    public string Unsqueeze(string name, string x, long axis) => Node(name, "Unsqueeze", [x, Constant([axis])]);

    public string Reshape(string name, string x, params ReadOnlySpan<long> shape) => Node(name, "Reshape", [x, Constant(shape)]);

    /// <param name="shape">int64 [axes]</param>
    public string ReshapeTo(string name, string x, string shape) => Node(name, "Reshape", [x, shape]);

    /// <summary>Zeros behind the last of so many axes.</summary>
    public string PadLast(string name, string x, int axes, long zeros) =>
        Node(name, "Pad", [x, Constant([.. new long[2 * axes - 1], zeros])]);

    /// <summary>The first elements of the last of so many axes.</summary>
    public string SliceLast(string name, string x, int axes, long end) =>
        Node(name, "Slice", [x, Constant([0L]), Constant([end]), Constant([axes - 1L])]);

    /// <summary>Sum over one axis, which goes.</summary>
    public string ReduceSum(string name, string x, long axis) => Node(name, "ReduceSum", [x, Constant([axis])], "", Int("keepdims", 0));

    /// <summary>Index of the largest value of the last axis, which goes; the first of several.</summary>
    public void ArgMax(string name, string output, string x) =>
        Node(name, "ArgMax", [x], [output], "", Int("axis", -1), Int("keepdims", 0));

    public string GeluTanh(string name, string x) => Node(name, "Gelu", [x], "", Text("approximate", "tanh"));

    /// <summary>x · sigmoid(x)</summary>
    /// <param name="prefix">Of the two nodes.</param>
    public string Silu(string prefix, string x) => Mul(prefix + "/Mul", x, Node(prefix + "/Sigmoid", "Sigmoid", [x]));

    /// <summary>RMS norm; computed in float32 (stash_type 1). In the default domain, where ONNX Runtime registers it.</summary>
    public string RmsNorm(string name, string output, string x, string weight, float epsilon)
    {
        Node(name, "SimplifiedLayerNormalization", [x, weight], [output], "",
            Int("axis", -1), Float("epsilon", epsilon), Int("stash_type", 1));
        return output;
    }

    /// <summary>RMS norm of (x + skip); gives the sum too unless <paramref name="sum"/> is empty.</summary>
    public string SkipRmsNorm(string name, string output, string sum, string x, string skip, string weight, float epsilon)
    {
        ReadOnlySpan<string> outputs = sum.Length > 0 ? [output, "", "", sum] : [output];
        Node(name, "SkipSimplifiedLayerNormalization", [x, skip, weight], outputs, Microsoft, Float("epsilon", epsilon));
        return output;
    }

    public string GroupQueryAttention(string name, in GroupQueryAttentionInputs inputs, string presentKey, string presentValue,
        GroupQueryAttentionSettings settings)
    {
        var output = name + "/output_0";
        var rotates = inputs.Cos.Length > 0;
        List<AttributeProto> attributes =
        [
            Int("num_heads", settings.Heads), Int("kv_num_heads", settings.KeyValueHeads), Float("scale", settings.Scale),
            Int("local_window_size", settings.Window ?? -1), Int("do_rotary", rotates ? 1 : 0), Int("rotary_interleaved", 0),
        ];
        if (settings.Softcap > 0)
            attributes.Add(Float("softcap", settings.Softcap));
        if (settings.Rolls)
            attributes.Add(Int("sliding_window_cache", 1));
        Node(name, "GroupQueryAttention",
            [
                inputs.Query, inputs.Key, inputs.Value, inputs.PastKey, inputs.PastValue,
                inputs.LastPosition, inputs.TotalLength, .. rotates ? [inputs.Cos, inputs.Sin] : Array.Empty<string>(),
            ],
            [output, presentKey, presentValue], Microsoft, [.. attributes]);
        return output;
    }

    public string Constant(long scalar) =>
        Constant("INT64", scalar.ToString(CultureInfo.InvariantCulture), OnnxType.Int64, MemoryMarshal.AsBytes([scalar]));

    public string Constant(int scalar) =>
        Constant("INT32", scalar.ToString(CultureInfo.InvariantCulture), OnnxType.Int32, MemoryMarshal.AsBytes([scalar]));

    public string Constant(float scalar) =>
        Constant("FLOAT", scalar.ToString("R", CultureInfo.InvariantCulture), OnnxType.Float, MemoryMarshal.AsBytes([scalar]));

    public string Constant(byte scalar) =>
        Constant("UINT8", scalar.ToString(CultureInfo.InvariantCulture), OnnxType.UInt8, [scalar]);

    public string Constant(ReadOnlySpan<long> values) =>
        Constant("INT64", "[" + string.Join(", ", values.ToArray()) + "]", OnnxType.Int64, MemoryMarshal.AsBytes(values), values.Length);

    /// <summary>A Constant node, made once however often it is asked for.</summary>
    private string Constant(string typeName, string literal, OnnxType type, ReadOnlySpan<byte> bytes, params ReadOnlySpan<long> dims)
    {
        var output = $"/model/constants/{typeName}/{literal}";
        if (_values.Contains(output))
            return output;
        var tensor = new TensorProto { DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        foreach (var dim in dims)
            tensor.Dims.Add(dim);
        var value = new AttributeProto { Name = "value", T = tensor, Type = AttributeProto.Types.AttributeType.Tensor };
        Node($"/model/constant_nodes/{typeName}/{literal}", "Constant", [], [output], "", value);
        return output;
    }
}

/// <param name="LastPosition">int32 [batch]: valid length of each row minus one.</param>
/// <param name="TotalLength">int32 scalar: columns of the attention mask.</param>
/// <param name="Cos">Empty, as <paramref name="Sin"/>, where positions are in the embeddings and nothing rotates.</param>
internal readonly record struct GroupQueryAttentionInputs(
    string Query, string Key, string Value, string PastKey, string PastValue,
    string LastPosition, string TotalLength, string Cos, string Sin);

/// <param name="Window">Positions that a query sees, itself included; null for all.</param>
/// <param name="Softcap">Scores are squeezed to ± this; 0 for not at all.</param>
/// <param name="Rolls">The caches are as short as the window, or a little longer, and the operator drops what no query will see.</param>
internal sealed record GroupQueryAttentionSettings(int Heads, int KeyValueHeads, float Scale, int? Window, float Softcap, bool Rolls);
