using System.Runtime.InteropServices;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// The weights of a <see cref="ShapedTranslator"/> in the two graphs that optimum exports of M2M100 and transformers.js runs: the encoder,
/// and the merged decoder, in which cross attention makes its keys and values in the first step and takes them from there later on (the
/// outputs that stand for them then are empty, and transformers.js keeps those it had).
/// </summary>
internal sealed class PeerTranslator(ShapedTranslator shape)
{
    private const int Dim = ShapedTranslator.Hidden / ShapedTranslator.Heads;
    private const float Hidden = -3.4e38f;
    private static readonly string[] Halves = ["key", "value"];

    /// <summary>The folder as transformers.js looks for it; without a token that ends a row.</summary>
    public void Write(string folder)
    {
        var onnx = Path.Combine(folder, "onnx");
        Directory.CreateDirectory(onnx);
        File.WriteAllText(Path.Combine(folder, "config.json"), shape.Config(endToken: null));
        WriteEncoder(Path.Combine(onnx, "encoder_model.onnx"));
        WriteDecoder(Path.Combine(onnx, "decoder_model_merged.onnx"));
    }

    private void WriteEncoder(string path)
    {
        using var graph = new PlainGraph(path);
        var ids = graph.Input("input_ids", OnnxType.Int64, "batch_size", "encoder_sequence_length");
        var mask = graph.Input("attention_mask", OnnxType.Int64, "batch_size", "encoder_sequence_length");
        var bias = Bias(graph, mask);
        var pad = graph.Int(ShapedTranslator.PadTokenId);
        var isToken = graph.Node(null, "Cast", null, [graph.Node("Not", graph.Node("Equal", ids, pad))], Attribute("to", 7));
        var counted = graph.Node("Mul", graph.Node("CumSum", isToken, graph.Int(1)), isToken);
        var x = Embed(graph, ids, graph.Node("Add", counted, pad));
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            var module = $"model.encoder.layers.{layer}";
            var y = Norm(graph, module + ".self_attn_layer_norm", x);
            var (q, k, v) = (Heads(graph, module + ".self_attn.q_proj", y), Heads(graph, module + ".self_attn.k_proj", y),
                Heads(graph, module + ".self_attn.v_proj", y));
            x = graph.Node("Add", x, Linear(graph, null, module + ".self_attn.out_proj", Attend(graph, null, q, k, v, bias)));
            x = Feed(graph, module, x);
        }
        Norm(graph, "model.encoder.layer_norm", x, "last_hidden_state");
        graph.Output("last_hidden_state", OnnxType.Float, "batch_size", "encoder_sequence_length", ShapedTranslator.Hidden);
        graph.Save();
    }

    private void WriteDecoder(string path)
    {
        using var graph = new PlainGraph(path);
        var mask = graph.Input("encoder_attention_mask", OnnxType.Int64, "batch_size", "encoder_sequence_length");
        var ids = graph.Input("input_ids", OnnxType.Int64, "batch_size", "decoder_sequence_length");
        var states = graph.Input("encoder_hidden_states", OnnxType.Float,
            "batch_size", "encoder_sequence_length", ShapedTranslator.Hidden);
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            foreach (var part in (string[])["decoder", "encoder"])
            {
                foreach (var half in Halves)
                {
                    graph.Input($"past_key_values.{layer}.{part}.{half}", OnnxType.Float,
                        "batch_size", ShapedTranslator.Heads, $"past_{part}_sequence_length", Dim);
                }
            }
        }
        graph.Input("use_cache_branch", OnnxType.Bool, 1);
        var past = graph.Node("Gather", graph.Node("Shape", "past_key_values.0.decoder.key"), graph.Int(2));
        var length = graph.Node("Gather", graph.Node("Shape", ids), graph.Int(1));
        var first = graph.Node("Add", past, graph.Int(ShapedTranslator.PadTokenId + 1));
        var positions = graph.Node("Range", first, graph.Node("Add", first, length), graph.Int(1));
        var x = Embed(graph, ids, positions);
        var bias = Bias(graph, mask);
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            var module = $"model.decoder.layers.{layer}";
            var y = Norm(graph, module + ".self_attn_layer_norm", x);
            // one token at a time: nothing behind it to hide
            var (q, k, v) = (Heads(graph, module + ".self_attn.q_proj", y),
                Grown(graph, layer, "key", Heads(graph, module + ".self_attn.k_proj", y)),
                Grown(graph, layer, "value", Heads(graph, module + ".self_attn.v_proj", y)));
            x = graph.Node("Add", x, Linear(graph, null, module + ".self_attn.out_proj", Attend(graph, null, q, k, v, null)));
            y = Norm(graph, module + ".encoder_attn_layer_norm", x);
            var seen = Cross(graph, layer, Heads(graph, module + ".encoder_attn.q_proj", y), states, bias);
            x = graph.Node("Add", x, Linear(graph, null, module + ".encoder_attn.out_proj", seen));
            x = Feed(graph, module, x);
        }
        x = Norm(graph, "model.decoder.layer_norm", x);
        var head = graph.Node(null, "Transpose", null, [Table(graph)], PlainGraph.Attribute("perm", 1, 0));
        graph.Node(null, "MatMul", "logits", [x, head]);
        graph.Output("logits", OnnxType.Float, "batch_size", "decoder_sequence_length", ShapedTranslator.Vocabulary);
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            foreach (var part in (string[])["decoder", "encoder"])
            {
                foreach (var half in Halves)
                {
                    graph.Output($"present.{layer}.{part}.{half}", OnnxType.Float,
                        part == "decoder" ? "batch_size" : "encoder_batch_or_none", ShapedTranslator.Heads, $"{part}_length_out", Dim);
                }
            }
        }
        graph.Save();
    }

    /// <summary>Keys and values in the first step from the encoder's states; later those of the first step.</summary>
    private static string Cross(PlainGraph graph, int layer, string q, string states, string bias)
    {
        var module = $"model.decoder.layers.{layer}.encoder_attn";
        var branches = new Dictionary<bool, GraphProto>();
        foreach (var first in (bool[])[true, false])
        {
            var branch = new GraphProto { Name = $"cross_{layer}_{(first ? "first" : "later")}" };
            var names = Halves.Select(half => first ? $"made.{layer}.{half}" : $"past_key_values.{layer}.encoder.{half}").ToArray();
            foreach (var (half, name) in Halves.Zip(names))
            {
                if (first)
                    Heads(graph, $"{module}.{half[0]}_proj", states, branch, name);
            }
            var seen = graph.Node(branch, "Identity", $"seen.{layer}.{first}", [Attend(graph, branch, q, names[0], names[1], bias)]);
            branch.Output.Add(PlainGraph.Value(seen, OnnxType.Float, "b", "s", ShapedTranslator.Hidden));
            foreach (var (half, name) in Halves.Zip(names))
            {
                var output = first ? name : graph.Node(branch, "ConstantOfShape", $"none.{layer}.{half}",
                    [graph.Ints(0, ShapedTranslator.Heads, 1, Dim)]);
                branch.Output.Add(PlainGraph.Value(output, OnnxType.Float, "b", ShapedTranslator.Heads, "k", Dim));
            }
            branches[first] = branch;
        }
        var node = new NodeProto { Name = $"cross_{layer}", OpType = "If" };
        node.Input.Add("use_cache_branch");
        node.Output.AddRange([$"seen.{layer}", .. Halves.Select(half => $"present.{layer}.encoder.{half}")]);
        node.Attribute.Add(PlainGraph.Attribute("then_branch", branches[false]));
        node.Attribute.Add(PlainGraph.Attribute("else_branch", branches[true]));
        graph.Proto.Node.Add(node);
        return $"seen.{layer}";
    }

    private static string Grown(PlainGraph graph, int layer, string half, string x) => graph.Node(
        null, "Concat", $"present.{layer}.decoder.{half}", [$"past_key_values.{layer}.decoder.{half}", x], Attribute("axis", 2));

    private static string Bias(PlainGraph graph, string mask)
    {
        var wide = graph.Node("Unsqueeze", mask, graph.Ints(1, 2));
        return graph.Node("Where", graph.Node("Equal", wide, graph.Int(0)), graph.Number(Hidden), graph.Number(0));
    }

    private static string Embed(PlainGraph graph, string ids, string positions)
    {
        var words = graph.Node("Mul", graph.Node("Gather", Table(graph), ids), graph.Number(MathF.Sqrt(ShapedTranslator.Hidden)));
        var table = new SinusoidalPositions(ShapedTranslator.MaxPositions + 2, ShapedTranslator.Hidden, ShapedTranslator.PadTokenId);
        var weight = graph.Weight("positions", [table.Rows, table.Width], s => table.Source.WriteTo(s, CancellationToken.None));
        return graph.Node("Add", words, graph.Node("Gather", weight, positions));
    }

    private static string Feed(PlainGraph graph, string module, string x)
    {
        var y = Linear(graph, null, module + ".fc1", Norm(graph, module + ".final_layer_norm", x), ShapedTranslator.Hidden,
            ShapedTranslator.Intermediate);
        y = Linear(graph, null, module + ".fc2", graph.Node("Relu", y), ShapedTranslator.Intermediate);
        return graph.Node("Add", x, y);
    }

    private static string Norm(PlainGraph graph, string module, string x, string? output = null) => graph.Node(
        null, "LayerNormalization", output, [x, Vector(graph, module + ".weight"), Vector(graph, module + ".bias")],
        Attribute("axis", -1), PlainGraph.Attribute("epsilon", 1e-5f));

    /// <returns>[batch, heads, seq, head_dim]</returns>
    private static string Heads(PlainGraph graph, string module, string x, GraphProto? branch = null, string? output = null)
    {
        var y = graph.Node(branch, "Reshape", null,
            [Linear(graph, branch, module, x), graph.Ints(0, -1, ShapedTranslator.Heads, Dim)]);
        return graph.Node(branch, "Transpose", output, [y], PlainGraph.Attribute("perm", 0, 2, 1, 3));
    }

    private static string Attend(PlainGraph graph, GraphProto? branch, string q, string k, string v, string? bias)
    {
        q = graph.Node(branch, "Mul", null, [q, graph.Number(1 / MathF.Sqrt(Dim))]);
        k = graph.Node(branch, "Transpose", null, [k], PlainGraph.Attribute("perm", 0, 1, 3, 2));
        var scores = graph.Node(branch, "MatMul", null, [q, k]);
        if (bias is not null)
            scores = graph.Node(branch, "Add", null, [scores, bias]);
        var x = graph.Node(branch, "MatMul", null, [graph.Node(branch, "Softmax", null, [scores], Attribute("axis", -1)), v]);
        x = graph.Node(branch, "Transpose", null, [x], PlainGraph.Attribute("perm", 0, 2, 1, 3));
        return graph.Node(branch, "Reshape", null, [x, graph.Ints(0, -1, ShapedTranslator.Hidden)]);
    }

    private static string Linear(PlainGraph graph, GraphProto? branch, string module, string x,
        int inFeatures = ShapedTranslator.Hidden, int outFeatures = ShapedTranslator.Hidden)
    {
        var weight = graph.Weight(module + ".weight.T", [inFeatures, outFeatures], stream =>
        {
            var values = ShapedTranslator.Values(module + ".weight", (long)inFeatures * outFeatures);
            var turned = new float[values.Length];
            for (var row = 0; row < outFeatures; row++)
            {
                for (var column = 0; column < inFeatures; column++)
                    turned[column * outFeatures + row] = values[row * inFeatures + column];
            }
            stream.Write(MemoryMarshal.AsBytes(turned.AsSpan()));
        });
        return graph.Node(branch, "Add", null,
            [graph.Node(branch, "MatMul", null, [x, weight]), Vector(graph, module + ".bias", outFeatures)]);
    }

    private static string Table(PlainGraph graph) => graph.Weight(ShapedTranslator.Table + ".weight",
        [ShapedTranslator.Vocabulary, ShapedTranslator.Hidden], stream =>
        {
            var row = new float[ShapedTranslator.Hidden];
            for (var i = 0; i < ShapedTranslator.Vocabulary; i++)
            {
                ShapedTranslator.Fill(ShapedTranslator.Table + ".weight", (long)i * row.Length, row);
                stream.Write(MemoryMarshal.AsBytes(row.AsSpan()));
            }
        });

    private static string Vector(PlainGraph graph, string name, int size = ShapedTranslator.Hidden) =>
        graph.Weight(name, [size], stream => stream.Write(MemoryMarshal.AsBytes(ShapedTranslator.Values(name, size).AsSpan())));

    private static AttributeProto Attribute(string name, long value) => PlainGraph.Attribute(name, value);
}
