
namespace XlLoraOnnx.Exporter;

/// <summary>
/// y = x Wᵀ + (x A) B, with A [in, r] and B [r, out] as inputs of the graph. Without an adapter their rank and the second term are 0.
/// The scale alpha / r is folded into B. A and B stay floating-point numbers whatever the weight is. LoRA: arXiv 2106.09685; inputs and
/// names: Olive's extracted adapters.
/// </summary>
/// <param name="type">Of the product and the factors.</param>
/// <param name="takesAdapters">Without, there is no second term and no cost of it.</param>
/// <param name="fusion">Of a graph that reads two languages at once, in place of all that; null for any other.</param>
/// <param name="mask">[batch, 1, r]: which ranks each row of the batch sees; null for all.</param>
/// <param name="slots">Takes every linear module that is added, in graph order.</param>
internal sealed class LoraLinear(OnnxGraph graph, LinearWeights weights, OnnxType type, bool takesAdapters, List<LoraSlot> slots,
    string? mask = null, FusionLinears? fusion = null)
{
    /// <param name="node">Node prefix, e.g. <c>/model/layers.0/attn/q_proj</c>.</param>
    /// <param name="module">Module of the checkpoint, e.g. <c>model.layers.0.self_attn.q_proj</c>.</param>
    /// <returns>[batch, seq, out]</returns>
    public string Add(string node, string module, string x, int inFeatures, int outFeatures)
    {
        var y = weights.Multiply(node, module, x, inFeatures, outFeatures);   // [batch, seq, out]
        if (fusion is not null)
            return fusion.Add(node, module, x, y, inFeatures, outFeatures);
        if (!takesAdapters)
            return y;
        slots.Add(new LoraSlot(module, inFeatures, outFeatures));
        // one symbol per module: adapters may have a rank of their own for each, and leave modules out
        var rank = "r." + module;
        var a = graph.OptionalInput(module + ".lora_A.weight", type, [inFeatures, rank], [inFeatures, 0]);
        var b = graph.OptionalInput(module + ".lora_B.weight", type, [rank, outFeatures], [0, outFeatures]);
        var xa = graph.MatMul(node + "/lora_A/MatMul", x, a);            // [batch, seq, r]
        if (mask is not null)
            xa = graph.Mul(node + "/lora_mask/Mul", xa, mask);
        var xab = graph.MatMul(node + "/lora_B/MatMul", xa, b);          // [batch, seq, out]
        return graph.Add(node + "/lora/Add", y, xab);
    }
}
