namespace XlLoraOnnx.Training.Tests;

/// <summary>What the graph of a small encoder reads, in double precision.</summary>
internal static class EncoderGraphCase
{
    /// <summary>Two texts, the second with padding; parameters as they are; dropout at random; and more.</summary>
    /// <param name="named">Of the graph's own.</param>
    public static Dictionary<string, Tensor64> Inputs(
        TrainingGraph graph, OnnxGraph source, IReadOnlyList<Parameter> parameters, params (string Name, Tensor64 Value)[] named)
    {
        var inputs = named.ToDictionary(n => n.Name, n => n.Value);
        inputs["input_ids"] = Tensor64.Longs([2, 4], 5, 77, 300, 6, 5, 410, 6, 1);
        inputs["attention_mask"] = Tensor64.Longs([2, 4], 1, 1, 1, 1, 1, 1, 1, 0);
        inputs["token_type_ids"] = Tensor64.Longs([2, 4], new long[8]);
        foreach (var parameter in parameters)
            inputs[parameter.Name] = Floats(parameter.Shape, parameter.Values);
        foreach (var tensor in FixedTensors.Of(source, parameters))
        {
            using (tensor)
                inputs[tensor.Name] = Floats(tensor.Shape, tensor.Values);
        }
        var symbols = new Dictionary<string, long> { ["rows"] = 2, ["sequence_length"] = 4 };
        using var masks = new DropoutMasks(graph.Dropouts, seed: 3);
        foreach (var (name, value) in masks.Make(symbols, step: 1, part: 0))
        {
            using (value)
                inputs[name] = Floats(value.GetTensorTypeAndShape().Shape, value.GetTensorDataAsSpan<float>());
        }
        return inputs;
    }

    /// <summary>The parts of a parameter's gradient as one.</summary>
    public static Tensor64 Gradient(
        IReadOnlyDictionary<string, Tensor64> values, IReadOnlyList<GradientOutput> parts, Parameter parameter)
    {
        var sum = new double[parameter.Length];
        foreach (var (value, rows) in parts)
        {
            for (var i = 0; i < values[value].Values.Length; i++)
            {
                var place = rows is null ? i : (int)values[rows].Values[i / parameter.Width] * parameter.Width + i % parameter.Width;
                sum[place] += values[value].Values[i];
            }
        }
        return Tensor64.Floats([.. parameter.Shape.Select(d => (int)d)], sum);
    }

    private static Tensor64 Floats(ReadOnlySpan<long> shape, ReadOnlySpan<float> values) =>
        Tensor64.Floats([.. shape.ToArray().Select(d => (int)d)], Array.ConvertAll(values.ToArray(), v => (double)v));
}
