namespace XlLoraOnnx.Exporter;

/// <summary>RMS norms of a decoder, in the type of its residual stream; what goes on to matrix products is cast.</summary>
/// <param name="addend">Gemma stores norm weights as their distance from 1; 1 + w is computed in float32.</param>
internal sealed class RmsNorms(DecoderGraph decoder, float addend)
{
    private readonly OnnxGraph _graph = decoder.Graph;
    private readonly float _epsilon = decoder.Config.RmsNormEps;

    /// <summary>The first norm of a layer.</summary>
    /// <param name="branch">Output of the layer before, not yet added to the residual stream; null for the first layer.</param>
    public (string X, string Residual) AddInput(int layer, string residual, string? branch)
    {
        const string Norm = "input_layernorm";
        if (branch is not null)
        {
            var added = AddSkip(layer, Norm, residual, branch);
            decoder.AddState(added.Residual);
            return added;
        }
        decoder.AddState(residual);
        var node = $"/model/layers.{layer}/{Norm}";
        return (decoder.ToActivations(node, AddLayerNorm(layer, Norm, residual)), residual);
    }

    /// <summary>Adds the branch to the residual stream and norms the sum.</summary>
    public (string X, string Residual) AddSkip(int layer, string norm, string residual, string branch)
    {
        var weight = AddWeight($"model.layers.{layer}.{norm}.weight", $"model.layers.{layer}.{norm}.weight", decoder.Config.HiddenSize);
        var node = $"/model/layers.{layer}/{norm}";
        var sum = node + "/output_3";
        var normed = _graph.SkipRmsNorm(node + "/SkipLayerNorm", node + "/output_0", sum, residual, branch, weight, _epsilon);
        return (decoder.ToActivations(node, normed), sum);
    }

    /// <summary>Norms the output of a block before it goes to the residual stream.</summary>
    public string AddPost(int layer, string norm, string x) =>
        AddLayerNorm(layer, norm, decoder.ToResidual($"/model/layers.{layer}/{norm}/root_input", x));

    /// <summary>Over each head.</summary>
    /// <param name="width">heads · head_dim</param>
    public string AddHeads(string node, string module, string x, int width)
    {
        var headDim = decoder.Config.HeadDim;
        var weight = AddWeight(module + ".weight", node[1..].Replace('/', '.') + ".layernorm.weight", headDim);
        var heads = _graph.Reshape(node + "/Reshape_1", x, 0, -1, headDim);                       // [batch, seq * heads, head_dim]
        heads = decoder.ToResidual(node + "/root_input", heads);
        const string Op = "/SimplifiedLayerNormalization";
        var normed = _graph.RmsNorm(node + Op, node + Op + "/output_0", heads, weight, _epsilon);
        normed = decoder.ToActivations(node, normed);
        return _graph.Reshape(node + "/Reshape_2", normed, 0, -1, width);                         // [batch, seq, heads * head_dim]
    }

    /// <summary>Of the whole stack.</summary>
    public string AddFinal(string residual, string branch)
    {
        var last = $"layers.{decoder.Config.NumHiddenLayers}/final_norm_layernorm";
        var weight = AddWeight("model.norm.weight", "model." + last.Replace('/', '.') + ".weight", decoder.Config.HiddenSize);
        var node = $"/model/{last}";
        var hidden = _graph.SkipRmsNorm(node + "/SkipLayerNorm", node + "/output_0", "", residual, branch, weight, _epsilon);
        return decoder.ToActivations(node, hidden);
    }

    private string AddLayerNorm(int layer, string norm, string x)
    {
        var weight = AddWeight($"model.layers.{layer}.{norm}.weight", $"model.layers.{layer}.{norm}.weight", decoder.Config.HiddenSize);
        var node = $"/model/layers.{layer}/{norm}";
        return _graph.RmsNorm(node + "/LayerNorm", node + "/output_0", x, weight, _epsilon);
    }

    private string AddWeight(string name, string initializer, int size)
    {
        var type = decoder.Format.Residual;
        return _graph.Initializer(initializer, type, [size], decoder.Weights.Take(name, initializer, [size], addend).To(type, name));
    }
}
