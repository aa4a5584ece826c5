using System.Globalization;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace XlLoraOnnx.Training.Tests;

/// <summary>A graph in ONNX Runtime, in float32 on the CPU, against <see cref="DoubleInterpreter"/>.</summary>
internal static class OrtCheck
{
    /// <param name="outputs">Any values of the graph; may repeat, as two inputs of a sum have one gradient.</param>
    /// <param name="tolerance">Relative to an element, and a tenth of it to the largest of its tensor.</param>
    public static void Check(
        GraphProto graph, IReadOnlyDictionary<string, Tensor64> inputs, IReadOnlyCollection<string> outputs, double tolerance = 1e-4)
    {
        var values = DoubleInterpreter.Run(graph, inputs);
        var found = Run(graph, inputs, [.. outputs.Distinct().Select(name => (name, values[name].Kind))]);
        foreach (var name in outputs)
        {
            var largest = values[name].Values.Select(Math.Abs).DefaultIfEmpty(0).Max();
            Same(name, values[name], found[name], v => tolerance * (Math.Abs(v) + largest / 10));
        }
    }

    /// <summary>All outputs of all nodes, each to within 1e-5, or 1e-5 of itself where it is above 1.</summary>
    public static void CheckNodes(GraphCase graphCase)
    {
        var values = graphCase.Run();
        string[] names = [.. graphCase.Graph.Node.SelectMany(n => n.Output).Where(n => n.Length > 0)];
        var found = Run(graphCase.Graph, graphCase.Inputs, [.. names.Select(name => (name, values[name].Kind))]);
        foreach (var name in names)
            Same(name, values[name], found[name], v => 1e-5 * Math.Max(1, Math.Abs(v)));
    }

    /// <summary>Whole numbers and booleans must be equal; floats may differ by as much as an element allows.</summary>
    public static void Same(string name, Tensor64 expected, Tensor64 actual, Func<double, double> allowed)
    {
        Assert.AreEqual(expected.Kind, actual.Kind, name);
        CollectionAssert.AreEqual(expected.Shape, actual.Shape, $"'{name}' is {expected} as interpreted and {actual} in ONNX Runtime.");
        var wrong = new List<string>();
        for (var i = 0; i < expected.Values.Length; i++)
        {
            var (x, y) = (expected.Values[i], actual.Values[i]);
            // Written so that what is no number is wrong.
            if (!(x == y || expected.Kind == TensorKind.Float && Math.Abs(x - y) <= allowed(x)))
                wrong.Add(string.Create(CultureInfo.InvariantCulture, $"[{i}] is {x:G9} as interpreted and {y:G9} in ONNX Runtime"));
        }
        Assert.IsEmpty(wrong, $"'{name}' ({expected}) differs in {wrong.Count} elements: {string.Join("; ", wrong.Take(8))}");
    }

    /// <summary>Runs a graph with other outputs than it declares.</summary>
    public static Dictionary<string, Tensor64> Run(
        GraphProto graph, IReadOnlyDictionary<string, Tensor64> inputs, IReadOnlyList<(string Name, TensorKind Kind)> outputs)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using var session = new InferenceSession(Model(graph, outputs).ToByteArray(), options);
        using var run = new RunOptions();
        var feeds = session.InputMetadata.Keys.Concat(session.OverridableInitializerMetadata.Keys.Where(inputs.ContainsKey))
            .ToDictionary(name => name, name => Value(inputs[name]));
        try
        {
            using var results = session.Run(run, feeds, [.. outputs.Select(o => o.Name)]);
            return outputs.Zip(results).ToDictionary(pair => pair.First.Name, pair => Tensor(pair.Second));
        }
        finally
        {
            foreach (var feed in feeds.Values)
                feed.Dispose();
        }
    }

    private static ModelProto Model(GraphProto graph, IReadOnlyList<(string Name, TensorKind Kind)> outputs)
    {
        var model = new ModelProto { IrVersion = 10, ProducerName = "tests", Graph = graph.Clone() };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 21 });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        model.Graph.Output.Clear();
        model.Graph.Output.AddRange(outputs.Select(output => new ValueInfoProto
        {
            Name = output.Name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)output.Kind } },
        }));
        return model;
    }

    private static OrtValue Value(Tensor64 tensor)
    {
        long[] shape = [.. tensor.Shape.Select(d => (long)d)];
        return tensor.Kind switch
        {
            TensorKind.Float => OrtValue.CreateTensorValueFromMemory(tensor.Narrowed<float>(), shape),
            TensorKind.Int32 => OrtValue.CreateTensorValueFromMemory(tensor.Narrowed<int>(), shape),
            TensorKind.Int64 => OrtValue.CreateTensorValueFromMemory(tensor.Narrowed<long>(), shape),
            _ => OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(tensor.Values, v => v != 0), shape),
        };
    }

    private static Tensor64 Tensor(OrtValue value)
    {
        var info = value.GetTensorTypeAndShape();
        int[] shape = [.. info.Shape.Select(d => (int)d)];
        return info.ElementDataType switch
        {
            TensorElementType.Float => Tensor64.Floats(shape, Array.ConvertAll(Elements<float>(), v => (double)v)),
            TensorElementType.Int32 => new Tensor64(TensorKind.Int32, shape, Array.ConvertAll(Elements<int>(), v => (double)v)),
            TensorElementType.Int64 => Tensor64.Longs(shape, Elements<long>()),
            TensorElementType.Bool => Tensor64.Bools(shape, Elements<bool>()),
            var other => throw new NotSupportedException($"ONNX Runtime gives elements of type {other}."),
        };

        T[] Elements<T>() where T : unmanaged => value.GetTensorDataAsSpan<T>().ToArray();
    }
}
