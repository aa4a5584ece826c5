namespace XlLoraOnnx.Training;

/// <summary>
/// The graph of a family as plain operators that have gradients: fused ones, of which ONNX Runtime has no gradient, in their parts. What
/// it computes is the same, but for dropout.
/// </summary>
internal sealed class WrittenOut
{
    // as MultiHeadAttention of ONNX Runtime hides padding
    private const float Hidden = -1e9f;

    private readonly TrainingGraph _graph;
    private readonly DropoutRates _dropout;
    private readonly double _loraScale;
    private readonly WeightQuantization? _quantization;
    private readonly Dictionary<string, TensorProto> _quantized = [];
    private readonly Dictionary<string, string> _masks = [];

    private WrittenOut(TrainingGraph graph, WritingSettings settings) =>
        (_graph, _dropout, _loraScale, _quantization) = (graph, settings.Dropout, settings.LoraScale, settings.Quantization);

    /// <param name="source">Of the exporter.</param>
    /// <param name="outputs">What is wanted; nodes that do not lead there are left out.</param>
    /// <returns>Inputs are those of the source, and its initializers.</returns>
    /// <exception cref="NotSupportedException">A fused operator has no parts here.</exception>
    public static TrainingGraph Of(OnnxGraph source, IReadOnlyCollection<string> outputs, WritingSettings settings)
    {
        var graph = new TrainingGraph();
        var needed = NodesTo(source.Proto, outputs);
        var read = needed.SelectMany(n => n.Input).ToHashSet();
        foreach (var input in source.Proto.Input.Where(i => read.Contains(i.Name)))
        {
            var type = input.Type.TensorType;
            graph.Input(input.Name, (OnnxType)type.ElemType, [.. type.Shape.Dim.Select(d =>
                d.DimParam.Length == 0 ? (Dim)d.DimValue : settings.Dim?.Invoke(d.DimParam) ?? (Dim)d.DimParam)]);
        }
        var writer = new WrittenOut(graph, settings);
        foreach (var tensor in source.ExternalTensors.Select(t => t.Proto).Where(t => read.Contains(t.Name)))
            writer.AddWeight(tensor);
        foreach (var node in needed)
            writer.Write(node);
        return graph;
    }

    private static List<NodeProto> NodesTo(GraphProto graph, IReadOnlyCollection<string> outputs)
    {
        var wanted = outputs.ToHashSet();
        var nodes = new List<NodeProto>();
        foreach (var node in Enumerable.Reverse(graph.Node).Where(n => n.Output.Any(wanted.Contains)))
        {
            nodes.Add(node);
            wanted.UnionWith(node.Input);
        }
        nodes.Reverse();
        return nodes;
    }

    private void Write(NodeProto node)
    {
        switch (node.OpType)
        {
            case "SkipLayerNormalization":
                WriteSkipNorm(node, "LayerNormalization", bias: Input(node, 4), beta: Input(node, 3));
                break;
            case "SkipSimplifiedLayerNormalization":
                WriteSkipNorm(node, "SimplifiedLayerNormalization", bias: "", beta: "");
                break;
            case "BiasGelu":
                Copy("Gelu", [_graph.Add("Add", [node.Input[0], node.Input[1]])], node.Output[0]);
                break;
            case "MultiHeadAttention":
                WriteAttention(node);
                break;
            // ModernBERT (transformers, models/modernbert/modeling_modernbert.py); of the others, the fused operators say where
            case "LayerNormalization" when IsEmbedding(node):
                WriteEmbeddingNorm(node.Output[0], "LayerNormalization", node.Input, node.Attribute.First(a => a.Name == "epsilon"));
                break;
            case "MatMul" when node.Name.EndsWith("/attn/Wo/MatMul", StringComparison.Ordinal):
                var projected = _graph.Add("MatMul", [node.Input[0], node.Input[1]]);
                Copy("Identity", [_graph.Dropout(node.Name, projected, _dropout.AttentionOutput)], node.Output[0]);
                break;
            case "MatMul" when node.Name.EndsWith("/mlp/Wo/MatMul", StringComparison.Ordinal):
                Copy("MatMul", [_graph.Dropout(node.Name, node.Input[0], _dropout.Mlp), node.Input[1]], node.Output[0]);
                break;
            case "MatMul" when node.Name.EndsWith("/lora_A/MatMul", StringComparison.Ordinal):
                Copy("MatMul", [_graph.Dropout(node.Name, node.Input[0], _dropout.Lora), node.Input[1]], node.Output[0]);
                break;
            case "MatMul" when node.Name.EndsWith("/lora_B/MatMul", StringComparison.Ordinal):
                var added = _graph.Add("MatMul", [node.Input[0], node.Input[1]]);
                Copy("Mul", [added, _graph.Constant((float)_loraScale)], node.Output[0]);
                break;
            // heads and attention of two languages (FLARE)
            case "MatMul" when node.Name.StartsWith("/head/classifier.", StringComparison.Ordinal):
                Copy("MatMul", [_graph.Dropout(node.Name, node.Input[0], _dropout.Head), node.Input[1]], node.Output[0]);
                break;
            case "Softmax" when node.Name.EndsWith("/fusion/Softmax", StringComparison.Ordinal):
                var seen = Copy("Softmax", node.Input, null, [.. node.Attribute]);
                Copy("Identity", [_graph.Dropout(node.Name, seen, _dropout.Attention)], node.Output[0]);
                break;
            case "MatMul" when _quantized.TryGetValue(node.Input[1], out var weight):
                WriteQuantized(node, weight);
                break;
            case "RotaryEmbedding" or "FusedMatMul":
            case var _ when node.Domain.Length == 0:
                _graph.Add(node.Clone());
                break;
            default:
                throw new NotSupportedException($"'{node.Name}' is {node.Domain} {node.OpType}, which has no gradient, and no parts that have.");
        }
    }

    private void AddWeight(TensorProto tensor)
    {
        if (_quantization is null || !WeightQuantization.Takes(tensor))
        {
            _graph.Input(tensor.Name, (OnnxType)tensor.DataType, [.. tensor.Dims.Select(d => (Dim)d)]);
            return;
        }
        _quantized.Add(tensor.Name, tensor);
        foreach (var part in _quantization.Parts((int)tensor.Dims[1], (int)tensor.Dims[0]))
            _graph.Input(tensor.Name + part.Suffix, part.Type, [.. part.Shape.Select(d => (Dim)d)]);
    }

    /// <summary>x Wᵀ of a weight that is there in few bits: dequantised for this product, and again for its gradient.</summary>
    private void WriteQuantized(NodeProto node, TensorProto tensor)
    {
        var (rows, columns) = ((int)tensor.Dims[1], (int)tensor.Dims[0]);
        var weight = Make(node.Input[0]);
        _graph.SetRemaking(weight, Make);
        var product = new NodeProto { OpType = "FusedMatMul", Domain = TrainingGraph.Microsoft };
        product.Input.AddRange([node.Input[0], weight]);
        product.Attribute.Add(TrainingGraph.Int("transB", 1));
        product.Output.Add(node.Output[0]);
        _graph.Add(product);

        string Make(string before) => _quantization!.Dequantize(_graph, tensor.Name, rows, columns, before);
    }

    private void WriteSkipNorm(NodeProto node, string norm, string bias, string beta)
    {
        var isEmbedding = IsEmbedding(node);
        var x = node.Input[0];
        if (bias.Length > 0)
            x = _graph.Add("Add", [x, bias]);
        var isAttention = node.Output[0].Contains("/attn/", StringComparison.Ordinal);
        if (!isEmbedding && bias.Length > 0)
            x = _graph.Dropout(node.Output[0], x, isAttention ? _dropout.AttentionOutput : _dropout.Mlp);
        var sum = Copy("Add", [x, node.Input[1]], node.Output.Count > 3 ? node.Output[3] : null);
        List<string> inputs = beta.Length > 0 ? [sum, node.Input[2], beta] : [sum, node.Input[2]];
        var epsilon = node.Attribute.First(a => a.Name == "epsilon");
        if (isEmbedding)
            WriteEmbeddingNorm(node.Output[0], norm, inputs, epsilon);
        else
            Copy(norm, inputs, node.Output[0], epsilon, TrainingGraph.Int("axis", -1));
    }

    private void WriteEmbeddingNorm(string output, string norm, IEnumerable<string> inputs, AttributeProto epsilon)
    {
        var normed = Copy(norm, inputs, null, epsilon, TrainingGraph.Int("axis", -1));
        Copy("Identity", [_graph.Dropout(output, normed, _dropout.Embeddings)], output);
    }

    private static bool IsEmbedding(NodeProto node) => node.Output[0].StartsWith("/model/embeddings", StringComparison.Ordinal);

    /// <summary>Softmax(q kᵀ / √head_dim + masks) v (arXiv 1706.03762).</summary>
    private void WriteAttention(NodeProto node)
    {
        var heads = ShapeRules.Attribute(node, "num_heads");
        var hidden = _graph.Shapes[node.Input[0]][^1].Value;
        string[] projections = [node.Input[0], node.Input[1], node.Input[2]];
        if (Input(node, 3) is { Length: > 0 } bias)
        {
            var parts = SplitBias(bias);
            projections = [.. projections.Zip(parts, (x, part) => _graph.Add("Add", [x, part]))];
        }
        var (q, k, v) = (Heads(projections[0], 0, 2, 1, 3), Heads(projections[1], 0, 2, 3, 1), Heads(projections[2], 0, 2, 1, 3));
        q = _graph.Add("Mul", [q, _graph.Constant((float)(1 / Math.Sqrt((double)hidden / heads)))]);
        var scores = _graph.Add("MatMul", [q, k]);                                                // [batch, heads, seq, seq]
        if (Input(node, 4) is { Length: > 0 } keyMask)
            scores = _graph.Add("Add", [scores, KeyBias(keyMask)]);
        if (Input(node, 5) is { Length: > 0 } scoreBias)
            scores = _graph.Add("Add", [scores, scoreBias]);
        if (ShapeRules.Attribute(node, "unidirectional") != 0)
            throw new NotSupportedException($"'{node.Name}' is causal; graphs of decoders in training write attention out themselves.");
        var shares = _graph.Dropout(node.Output[0], _graph.Add("Softmax", [scores], TrainingGraph.Int("axis", -1)), _dropout.Attention);
        var attended = _graph.Add("Transpose", [_graph.Add("MatMul", [shares, v])], TrainingGraph.Ints("perm", 0, 2, 1, 3));
        Copy("Reshape", [attended, _graph.Constants(0, 0, hidden)], node.Output[0]);

        string Heads(string x, params ReadOnlySpan<long> permutation) => _graph.Add("Transpose",
            [_graph.Add("Reshape", [x, _graph.Constants(0, 0, heads, hidden / heads)])], TrainingGraph.Ints("perm", permutation));
    }

    private string[] SplitBias(string bias)
    {
        var node = new NodeProto { OpType = "Split" };
        node.Input.Add(bias);
        node.Output.AddRange([_graph.NewName("bias"), _graph.NewName("bias"), _graph.NewName("bias")]);
        node.Attribute.AddRange([TrainingGraph.Int("axis", 0), TrainingGraph.Int("num_outputs", 3)]);
        _graph.Add(node);
        return [.. node.Output];
    }

    /// <returns>[batch, 1, 1, seq]; made once for all layers.</returns>
    private string KeyBias(string keyMask)
    {
        if (_masks.TryGetValue(keyMask, out var bias))
            return bias;
        var isPadding = _graph.Add("Equal", [_graph.Add("Cast", [keyMask], TrainingGraph.Int("to", (int)OnnxType.Int64)), _graph.Constant(0L)]);
        bias = _graph.Add("Where", [isPadding, _graph.Constant(Hidden), _graph.Constant(0f)]);
        return _masks[keyMask] = _graph.Add("Unsqueeze", [bias, _graph.Constants(1, 2)]);
    }

    private string Copy(string op, IEnumerable<string> inputs, string? output, params ReadOnlySpan<AttributeProto> attributes)
    {
        var node = new NodeProto { OpType = op };
        node.Input.AddRange(inputs);
        node.Output.Add(output is { Length: > 0 } ? output : _graph.NewName(op));
        foreach (var attribute in attributes)
            node.Attribute.Add(attribute.Clone());
        return _graph.Add(node);
    }

    private static string Input(NodeProto node, int index) => node.Input.Count > index ? node.Input[index] : "";
}
