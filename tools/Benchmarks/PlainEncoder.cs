using System.Text.Json;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Benchmarks;

/// <summary>BERT as optimum exports it, standard operators that end at the tokens' states, in the precisions that its tools make.</summary>
internal sealed class PlainEncoder
{
    private const float Hidden = -3.4e38f, HiddenInHalf = -65504;

    private readonly PlainGraph _graph;
    private readonly PlainLinear _linear;
    private readonly JsonElement _config;
    private readonly PlainPrecision _precision;

    private PlainEncoder(PlainGraph graph, SafetensorsFile weights, JsonElement config, PlainPrecision precision) =>
        (_graph, _linear, _config, _precision) = (graph, new PlainLinear(graph, weights, precision), config, precision);

    /// <param name="checkpoint">A BERT checkpoint.</param>
    public static void Write(string checkpoint, string path, PlainPrecision precision)
    {
        using var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(checkpoint, "config.json")));
        using var weights = SafetensorsFile.Open(Path.Combine(checkpoint, "model.safetensors"));
        using var graph = new PlainGraph(path);
        new PlainEncoder(graph, weights, config.RootElement, precision).Build();
        graph.Save();
    }

    private int Number(string field) => _config.GetProperty(field).GetInt32();

    private void Build()
    {
        var ids = _graph.Input("input_ids", OnnxType.Int64, "batch_size", "sequence_length");
        var mask = _graph.Input("attention_mask", OnnxType.Int64, "batch_size", "sequence_length");
        var types = _graph.Input("token_type_ids", OnnxType.Int64, "batch_size", "sequence_length");
        var length = _graph.Node("Gather", _graph.Node("Shape", ids), _graph.Int(1));
        var positions = _graph.Node("Range", _graph.Int(0), length, _graph.Int(1));
        var x = _graph.Node("Add", Table("word", ids), Table("token_type", types));
        x = Norm("embeddings.LayerNorm", _graph.Node("Add", x, Table("position", positions)));
        var wide = _graph.Node("Unsqueeze", mask, _graph.Ints(1, 2));
        var bias = _graph.Node("Where", _graph.Node("Equal", wide, _graph.Int(0)),
            _linear.Number(_precision == PlainPrecision.Fp16 ? HiddenInHalf : Hidden), _linear.Number(0));
        for (var layer = 0; layer < Number("num_hidden_layers"); layer++)
        {
            var module = $"encoder.layer.{layer}.";
            var seen = _linear.Apply(module + "attention.output.dense", Attend(module + "attention.self.", x, bias));
            x = Norm(module + "attention.output.LayerNorm", _graph.Node("Add", seen, x));
            var wider = Gelu(_linear.Apply(module + "intermediate.dense", x));
            x = Norm(module + "output.LayerNorm", _graph.Node("Add", _linear.Apply(module + "output.dense", wider), x));
        }
        _graph.Node(null, "Cast", "last_hidden_state", [x], PlainGraph.Attribute("to", (long)OnnxType.Float));
        _graph.Output("last_hidden_state", OnnxType.Float, "batch_size", "sequence_length", Number("hidden_size"));
    }

    private string Attend(string module, string x, string bias)
    {
        var dim = Number("hidden_size") / Number("num_attention_heads");
        var (q, k) = (Heads(module + "query", x, 0, 2, 1, 3), Heads(module + "key", x, 0, 2, 3, 1));
        var v = Heads(module + "value", x, 0, 2, 1, 3);
        var scores = _graph.Node("Div", _graph.Node("MatMul", q, k), _linear.Number(MathF.Sqrt(dim)));
        var shares = _graph.Node(null, "Softmax", null, [_graph.Node("Add", scores, bias)], PlainGraph.Attribute("axis", -1L));
        var y = _graph.Node(null, "Transpose", null, [_graph.Node("MatMul", shares, v)], PlainGraph.Attribute("perm", 0, 2, 1, 3));
        return _graph.Node("Reshape", y, _graph.Ints(0, 0, Number("hidden_size")));
    }

    private string Heads(string module, string x, params long[] order)
    {
        var heads = Number("num_attention_heads");
        var y = _graph.Node("Reshape", _linear.Apply(module, x), _graph.Ints(0, 0, heads, Number("hidden_size") / heads));
        return _graph.Node(null, "Transpose", null, [y], PlainGraph.Attribute("perm", order));
    }

    private string Gelu(string x)
    {
        var erf = _graph.Node("Erf", _graph.Node("Div", x, _linear.Number(MathF.Sqrt(2))));
        return _graph.Node("Mul", _graph.Node("Mul", x, _graph.Node("Add", erf, _linear.Number(1))), _linear.Number(0.5f));
    }

    private string Table(string name, string ids) =>
        _graph.Node("Gather", _linear.Weight($"embeddings.{name}_embeddings.weight"), ids);

    private string Norm(string module, string x) => _graph.Node(
        null, "LayerNormalization", null, [x, _linear.Weight(module + ".weight"), _linear.Weight(module + ".bias")],
        PlainGraph.Attribute("axis", -1L), PlainGraph.Attribute("epsilon", _config.GetProperty("layer_norm_eps").GetSingle()));
}
