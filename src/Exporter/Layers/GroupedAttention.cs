namespace XlLoraOnnx.Exporter;

/// <summary>
/// Attention, causal unless the config says otherwise, with fewer key and value heads than query heads (arXiv 2305.13245) and rotary
/// positions.
/// </summary>
/// <param name="scale">On the products of queries and keys.</param>
/// <param name="softcap">They are squeezed to ± this by tanh; 0 for not at all.</param>
/// <param name="headNorms">On queries and keys; null for none.</param>
internal sealed class GroupedAttention(DecoderGraph decoder, float scale, float softcap = 0, RmsNorms? headNorms = null)
{
    private readonly MaskedAttention _masked = new(decoder, scale, softcap);

    public string Add(int layer, string x, (string Cos, string Sin) rotary)
    {
        var (config, linear) = (decoder.Config, decoder.Linear);
        var (node, module) = ($"/model/layers.{layer}/attn", $"model.layers.{layer}.self_attn");
        var hidden = config.HiddenSize;
        var (queryDim, keyValueDim) = (config.NumAttentionHeads * config.HeadDim, config.NumKeyValueHeads * config.HeadDim);

        var q = linear.Add(node + "/q_proj", module + ".q_proj", x, hidden, queryDim);            // [batch, seq, heads * head_dim]
        var k = linear.Add(node + "/k_proj", module + ".k_proj", x, hidden, keyValueDim);         // [batch, seq, kv_heads * head_dim]
        var v = linear.Add(node + "/v_proj", module + ".v_proj", x, hidden, keyValueDim);
        q = headNorms?.AddHeads(node + "/q_norm", module + ".q_norm", q, queryDim) ?? q;
        k = headNorms?.AddHeads(node + "/k_norm", module + ".k_norm", k, keyValueDim) ?? k;
        if (decoder.Visible(layer) is { } visible)
        {
            var seen = _masked.Add(node, q, k, v, rotary, visible, decoder.HasCaches ? decoder.Caches[layer] : null);
            return linear.Add(node + "/o_proj", module + ".o_proj", seen, queryDim, hidden);
        }
        // without a cache the operator still gives keys and values, which then are no outputs of the graph
        var cache = CacheEntry.OfSelfAttention(layer, config.NumKeyValueHeads, decoder.HeadWidth, decoder.WindowOf(layer));
        var (pastKey, pastValue) = decoder.HasCaches ? (cache.KeyInput, cache.ValueInput) : ("", "");
        q = HeadWidths.Widen(decoder, node + "/q_wide", q, config.NumAttentionHeads);
        k = HeadWidths.Widen(decoder, node + "/k_wide", k, config.NumKeyValueHeads);
        v = HeadWidths.Widen(decoder, node + "/v_wide", v, config.NumKeyValueHeads);
        var inputs = new GroupQueryAttentionInputs(q, k, v, pastKey, pastValue,
            decoder.Mask.LastPosition, decoder.Mask.TotalLength, rotary.Cos, rotary.Sin);
        var settings = new GroupQueryAttentionSettings(
            config.NumAttentionHeads, cache.Heads, scale, cache.Window, softcap, decoder.Rolls(layer));
        var attended = decoder.Graph.GroupQueryAttention(
            node + "/GroupQueryAttention", inputs, cache.KeyOutput!, cache.ValueOutput!, settings);
        attended = HeadWidths.Narrow(decoder, node + "/narrow", attended, config.NumAttentionHeads);
        return linear.Add(node + "/o_proj", module + ".o_proj", attended, queryDim, hidden);
    }
}
