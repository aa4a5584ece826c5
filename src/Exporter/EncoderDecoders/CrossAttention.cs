namespace XlLoraOnnx.Exporter;

/// <summary>
/// Attention to a text that an encoder has read, written out. Several rows may share one text, as the beams of a search do: since no row
/// comes before another here, they stand behind one another as its queries.
/// </summary>
/// <param name="lengths">int64 [sources]: tokens of each text; what is behind them is not seen.</param>
/// <param name="keys">Of a layer, [sources, heads, source_length, head_dim].</param>
/// <param name="values">Likewise.</param>
internal sealed class CrossAttention(
    M2M100Graph model, string lengths, Func<int, string> keys, Func<int, string> values)
{
    // a text without a token sees all of the padding alike, and no number is infinite
    private const float Hidden = -1e9f;

    private const string Prefix = "/model/decoder/source";

    private readonly OnnxGraph _graph = model.Graph;
    private string? _bias;
    private string? _queryShape;

    /// <param name="q">[batch, seq, hidden]; batch is a multiple of the texts, whose rows stand together.</param>
    /// <returns>[batch, seq, hidden]</returns>
    public string Add(int layer, string node, string q)
    {
        var (heads, type) = (model.Config.Decoder.Heads, model.Format.Activations);
        var dim = model.Config.HiddenSize / heads;
        var (key, value) = (keys(layer), values(layer));
        var shape = _graph.Shape(node + "/q/Shape", q);
        var x = _graph.ReshapeTo(node + "/q/Reshape", q, QueryShape(key, heads, dim));            // [sources, rows * seq, heads, head_dim]
        x = _graph.Transpose(node + "/q/Transpose", x, 0, 2, 1, 3);
        // [sources, heads, rows * seq, source_length]
        var scores = _graph.MatMulTransposedB(
            node + "/scores/MatMul", node + "/scores/output_0", x, key, 1 / MathF.Sqrt(dim));
        if (type != OnnxType.Float)
            scores = _graph.Cast(node + "/scores/Cast", scores, OnnxType.Float);
        var shares = _graph.Softmax(node + "/Softmax", _graph.Add(node + "/scores/Add", scores, Bias(key)));
        if (type != OnnxType.Float)
            shares = _graph.Cast(node + "/Softmax/Cast", shares, type);
        x = _graph.MatMul(node + "/attended/MatMul", shares, value);
        x = _graph.Transpose(node + "/attended/Transpose", x, 0, 2, 1, 3);
        return _graph.ReshapeTo(node + "/attended/Reshape", x, shape);
    }

    private string QueryShape(string key, int heads, int dim)
    {
        if (_queryShape is not null)
            return _queryShape;
        var sources = _graph.Gather(Prefix + "/Gather", _graph.Shape(Prefix + "/Shape", key), _graph.Constant([0L]));
        return _queryShape = _graph.Concat(Prefix + "/Concat", 0, sources, _graph.Constant([-1L, heads, dim]));
    }

    /// <returns>float [sources, 1, 1, source_length]: 0, or so little that nothing of it is left.</returns>
    private string Bias(string key)
    {
        if (_bias is not null)
            return _bias;
        const string Node = Prefix + "/bias";
        var width = _graph.Gather(Node + "/Gather", _graph.Shape(Node + "/Shape", key), _graph.Constant(2L));
        var positions = _graph.Range(Node + "/Range", width);                                     // [source_length]
        var ends = _graph.Reshape(Node + "/Reshape", lengths, -1, 1, 1, 1);
        var isText = _graph.Greater(Node + "/Greater", ends, positions);                          // [sources, 1, 1, source_length]
        return _bias = _graph.Where(Node + "/Where", isText, _graph.Constant(0f), _graph.Constant(Hidden));
    }
}
