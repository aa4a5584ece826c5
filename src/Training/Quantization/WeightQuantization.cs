using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Training;

/// <param name="Suffix">Of the graph's input, after the name of the weight.</param>
internal readonly record struct QuantizedPart(string Suffix, OnnxType Type, long[] Shape)
{
    public long Bytes => Shape.Aggregate(1L, (product, dim) => product * dim)
        * (Type is OnnxType.UInt8 or OnnxType.Int8 ? 1 : sizeof(float));
}

/// <summary>
/// Weights [out, in] in a few bits, which a graph in training reads and dequantises where it needs them: what lies in memory all the time
/// is the few bits alone.
/// </summary>
internal abstract class WeightQuantization
{
    /// <summary>Null for float32.</summary>
    public static WeightQuantization? Of(AdapterBasePrecision precision) => precision switch
    {
        AdapterBasePrecision.Int8 => new Int8Weights(),
        AdapterBasePrecision.Nf4 => new Nf4Weights(),
        _ => null,
    };

    /// <summary>Whether an initializer of the exporter is the weight of a linear module, which transformers quantises; the head and the
    /// embeddings are none (<c>llm_int8_skip_modules</c>).</summary>
    public static bool Takes(TensorProto initializer) => initializer.Dims.Count == 2
        && initializer.Name.StartsWith("model.layers.", StringComparison.Ordinal)
        && initializer.Name.EndsWith(".MatMul.weight", StringComparison.Ordinal);

    /// <summary>What stands for a weight.</summary>
    /// <param name="rows">Features out.</param>
    /// <param name="columns">Features in.</param>
    public abstract IReadOnlyList<QuantizedPart> Parts(int rows, int columns);

    /// <returns>In the order of <see cref="Parts"/>; the caller's.</returns>
    public abstract OrtValue[] Quantize(ReadOnlySpan<float> weight, int rows, int columns);

    /// <summary>Adds nodes that make the weight of its parts, once <paramref name="before"/> is there and not earlier.</summary>
    /// <param name="name">Of the weight.</param>
    /// <returns>[rows, columns]</returns>
    public abstract string Dequantize(TrainingGraph graph, string name, int rows, int columns, string before);

    /// <summary>A value in another shape, which waits for a second one: the shape is computed from its size.</summary>
    protected static string Waiting(TrainingGraph graph, string value, string before, params ReadOnlySpan<long> shape)
    {
        var zero = graph.Add("Mul", [graph.Add("Size", [before]), graph.Constant(0L)]);
        var waiting = graph.Add("Reshape", [value, graph.Add("Add", [graph.Constants(shape), zero])]);
        var dims = new Dim[shape.Length];
        for (var i = 0; i < dims.Length; i++)
            dims[i] = shape[i];
        graph.Shapes.Set(waiting, dims);
        return waiting;
    }

    protected static string Float(TrainingGraph graph, string value) =>
        graph.Add("Cast", [value], TrainingGraph.Int("to", (int)OnnxType.Float));

    /// <summary>Values of a table by 8-bit codes.</summary>
    protected static string Look(TrainingGraph graph, string table, string codes) =>
        graph.Add("Gather", [table, graph.Add("Cast", [codes], TrainingGraph.Int("to", (int)OnnxType.Int32))]);
}
