namespace XlLoraOnnx.Exporter;

/// <summary>The keys that a query sees, by their distance from it.</summary>
/// <param name="Before">How far before it they may be; null for any distance.</param>
/// <param name="After">How far after it; null for any distance.</param>
internal sealed record VisibleKeys(int? Before, int? After);

/// <summary>
/// Attention with fewer key and value heads than query heads (arXiv 2305.13245), rotary positions and any mask, written out: for what the
/// fused operator, which is causal and knows padding on the right alone, does not compute.
/// </summary>
/// <param name="scale">On the products of queries and keys.</param>
/// <param name="softcap">They are squeezed to ± this by tanh; 0 for not at all.</param>
internal sealed class MaskedAttention(DecoderGraph decoder, float scale, float softcap)
{
    // a query that sees no key, which is one of padding, then sees all of them alike, and no number is infinite
    private const float Hidden = -1e9f;

    // and that one too does not see what is written later
    private const float NotYetThere = -3e9f;

    private readonly OnnxGraph _graph = decoder.Graph;
    private readonly Dictionary<VisibleKeys, string> _biases = [];
    private string? _padding;
    private string? _distance;
    private string? _later;
    private string? _before;

    /// <param name="q">[batch, seq, heads · head_dim]</param>
    /// <param name="k">[batch, seq, kv_heads · head_dim]</param>
    /// <param name="v">[batch, seq, kv_heads · head_dim]</param>
    /// <param name="cache">What was read before and is seen too; null where a whole text goes through the graph.</param>
    /// <returns>[batch, seq, heads · head_dim]</returns>
    public string Add(
        string node, string q, string k, string v, (string Cos, string Sin) rotary, VisibleKeys visible, CacheEntry? cache = null)
    {
        var (heads, shared, dim) = (decoder.Config.NumAttentionHeads, decoder.Config.NumKeyValueHeads, decoder.Config.HeadDim);
        var first = cache is null ? null : _graph.Unsqueeze(node + "/first/Unsqueeze", Before(), 0);
        q = _graph.RotaryEmbedding(node + "/q_rotary/RotaryEmbedding", q, rotary.Cos, rotary.Sin, heads, first);
        k = _graph.RotaryEmbedding(node + "/k_rotary/RotaryEmbedding", k, rotary.Cos, rotary.Sin, shared, first);
        q = _graph.Reshape(node + "/q/Reshape", q, 0, -1, shared, heads / shared, dim);
        q = _graph.Transpose(node + "/q/Transpose", q, 0, 2, 3, 1, 4);                            // [batch, kv_heads, group, seq, head_dim]
        if (cache is null)
        {
            k = _graph.Reshape(node + "/k/Reshape", k, 0, -1, shared, 1, dim);
            k = _graph.Transpose(node + "/k/Transpose", k, 0, 2, 3, 4, 1);                        // [batch, kv_heads, 1, head_dim, seq]
            v = _graph.Reshape(node + "/v/Reshape", v, 0, -1, shared, 1, dim);
            v = _graph.Transpose(node + "/v/Transpose", v, 0, 2, 3, 1, 4);                        // [batch, kv_heads, 1, seq, head_dim]
        }
        else
        {
            k = Extended(node + "/k", k, cache.KeyInput, cache.KeyOutput!, dim, shared);
            k = _graph.Unsqueeze(node + "/k/Unsqueeze", _graph.Transpose(node + "/k/all/Transpose", k, 0, 1, 3, 2), 2);
            v = _graph.Unsqueeze(node + "/v/Unsqueeze", Extended(node + "/v", v, cache.ValueInput, cache.ValueOutput!, dim, shared), 2);
        }
        var shares = Shares(node, _graph.MatMul(node + "/scores/MatMul", q, k), Bias(visible));   // [batch, kv_heads, group, seq, seq]
        var attended = _graph.MatMul(node + "/attended/MatMul", shares, v);
        attended = _graph.Transpose(node + "/attended/Transpose", attended, 0, 3, 1, 2, 4);       // [batch, seq, kv_heads, group, head_dim]
        return _graph.Reshape(node + "/attended/Reshape", attended, 0, -1, heads * dim);
    }

    /// <summary>What was before, and behind it what comes in.</summary>
    /// <returns>[batch, kv_heads, all, head_dim]</returns>
    private string Extended(string node, string x, string past, string present, int dim, int shared)
    {
        x = _graph.Transpose(node + "/Transpose", _graph.Reshape(node + "/Reshape", x, 0, -1, shared, dim), 0, 2, 1, 3);
        return _graph.Concat(node + "/Concat", present, 2, past, x);
    }

    /// <summary>In float32 whatever the activations are, as transformers does it.</summary>
    private string Shares(string node, string scores, string bias)
    {
        var type = decoder.Format.Activations;
        if (type != OnnxType.Float)
            scores = _graph.Cast(node + "/scores/Cast", scores, OnnxType.Float);
        scores = _graph.Mul(node + "/scores/Mul", scores, _graph.Constant(scale));
        if (softcap > 0)
        {
            var limit = _graph.Constant(softcap);
            var bent = _graph.Tanh(node + "/softcap/Tanh", _graph.Div(node + "/softcap/Div", scores, limit));
            scores = _graph.Mul(node + "/softcap/Mul", bent, limit);
        }
        var shares = _graph.Softmax(node + "/Softmax", _graph.Add(node + "/scores/Add", scores, bias));
        return type == OnnxType.Float ? shares : _graph.Cast(node + "/Softmax/Cast", shares, type);
    }

    /// <summary>0 for keys that are seen, and so little for the others that their share is 0; made once for all layers alike.</summary>
    /// <returns>[batch, 1, 1, 1 or seq, all]</returns>
    private string Bias(VisibleKeys visible)
    {
        if (_biases.TryGetValue(visible, out var bias))
            return bias;
        var node = $"/model/attn_bias.{_biases.Count}";
        var hidden = Padding();
        if (visible.After is { } after)
            hidden = Or("after", _graph.Greater(node + "/after/Greater", Distance(), _graph.Constant((long)after)));
        if (visible.Before is { } before)
            hidden = Or("before", _graph.Greater(node + "/before/Greater", _graph.Constant(-(long)before), Distance()));
        bias = _graph.Where(node + "/Where", hidden, _graph.Constant(Hidden), _graph.Constant(0f));
        if (decoder.Segments is { } segments)
            bias = _graph.Where(node + "/later/Where", Later(segments), _graph.Constant(NotYetThere), bias);
        _biases.Add(visible, bias);
        return bias;

        string Or(string side, string far) => _graph.Or($"{node}/{side}/Or", hidden, far);
    }

    /// <returns>bool [batch, 1, 1, 1, all]: keys of padding.</returns>
    private string Padding()
    {
        const string Node = "/model/attn_bias/padding";
        if (_padding is not null)
            return _padding;
        var isPadding = _graph.Equal(Node + "/Equal", decoder.AttentionMask!, _graph.Constant(0L));
        return _padding = _graph.Reshape(Node + "/Reshape", isPadding, 0, 1, 1, 1, -1);
    }

    /// <returns>bool [batch, 1, 1, seq, seq]: keys that went through the model after the query.</returns>
    private string Later(string segments)
    {
        const string Node = "/model/attn_bias/later";
        if (_later is not null)
            return _later;
        // padding came with the prompt
        segments = _graph.Max(Node + "/Max", segments, _graph.Constant(1L));
        var (key, query) = (_graph.Reshape(Node + "/key/Reshape", segments, 0, 1, 1, 1, -1),
            _graph.Reshape(Node + "/query/Reshape", segments, 0, 1, 1, -1, 1));
        return _later = _graph.Greater(Node + "/Greater", key, query);
    }

    /// <returns>int64 [seq, all]: the position of the key less that of the query.</returns>
    private string Distance()
    {
        const string Node = "/model/attn_bias/distance";
        if (_distance is not null)
            return _distance;
        var positions = _graph.Range(Node + "/Range", Length(Node, decoder.InputIds));            // [seq]
        var keys = positions;
        if (decoder.HasCaches)
        {
            keys = _graph.Range(Node + "/keys/Range", Length(Node + "/keys", decoder.AttentionMask!));   // [all]
            positions = _graph.Add(Node + "/Add", positions, Before());
        }
        return _distance = _graph.Sub(Node + "/Sub",
            _graph.Unsqueeze(Node + "/Unsqueeze", keys, 0), _graph.Unsqueeze(Node + "/Unsqueeze_1", positions, 1));
    }

    /// <returns>int64 scalar: positions that were read before.</returns>
    private string Before()
    {
        const string Node = "/model/attn_bias/before";
        return _before ??= _graph.Sub(Node + "/Sub", Length(Node + "/all", decoder.AttentionMask!), Length(Node, decoder.InputIds));
    }

    /// <param name="ids">[batch, length]</param>
    /// <returns>int64 scalar</returns>
    private string Length(string node, string ids) =>
        _graph.Gather(node + "/Gather", _graph.Shape(node + "/Shape", ids), _graph.Constant(1L));
}
