namespace XlLoraOnnx.Exporter;

/// <summary>down(act(gate(x)) · up(x)): arXiv 2002.05202.</summary>
internal static class GatedMlp
{
    /// <param name="activation">Adds act, given a node prefix and its input.</param>
    public static string Add(DecoderGraph decoder, int layer, string x, Func<string, string, string> activation)
    {
        var (node, module) = ($"/model/layers.{layer}/mlp", $"model.layers.{layer}.mlp");
        var (hidden, intermediate) = (decoder.Config.HiddenSize, decoder.Config.IntermediateSize);
        var gate = decoder.Linear.Add(node + "/gate_proj", module + ".gate_proj", x, hidden, intermediate);
        var up = decoder.Linear.Add(node + "/up_proj", module + ".up_proj", x, hidden, intermediate);   // [batch, seq, intermediate]
        var product = decoder.Graph.Mul(node + "/Mul", activation(node + "/act_fn", gate), up);
        return decoder.Linear.Add(node + "/down_proj", module + ".down_proj", product, intermediate, hidden);
    }
}
