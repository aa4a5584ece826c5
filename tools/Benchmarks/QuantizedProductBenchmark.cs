using System.Diagnostics;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Benchmarks;

/// <summary>What a linear module costs on the CPU in each format and accuracy level: microseconds, at one row and at 32.</summary>
internal static class QuantizedProductBenchmark
{
    private const int Features = 2048;

    public static void Run()
    {
        Console.WriteLine($"{Features} × {Features}, {Environment.ProcessorCount} cores, median");
        Console.WriteLine("| format | accuracy level | 1 row | 32 rows |\n|---|---:|---:|---:|");
        Measure("fp32", null, (graph, x) => graph.MatMul("/p", "y", x, Zeros(graph, "w", OnnxType.Float, Features, Features)));
        foreach (var bits in (int[])[4, 8])
        {
            foreach (var level in (int[])[1, 4])
                Measure($"int{bits}, block 32", level, (graph, x) => graph.MatMulNBits("/p", "y", x, Blocks(graph, bits), level));
        }
        Measure("nf4, block 64", null, (graph, x) => graph.MatMulNf4("/p", "y", x, new QuantizedWeight(
            Zeros(graph, "w", OnnxType.UInt8, Features * Features / 2), Zeros(graph, "s", OnnxType.Float, Features * Features / 64), "",
            Features, Features, 4, 64)));
    }

    private static QuantizedWeight Blocks(OnnxGraph graph, int bits) => new(
        Zeros(graph, "w", OnnxType.UInt8, Features, Features / 32, 4 * bits),
        Zeros(graph, "s", OnnxType.Float, Features, Features / 32), "",
        Features, Features, bits, 32);

    private static string Zeros(OnnxGraph graph, string name, OnnxType type, params long[] dims)
    {
        var bytes = new byte[dims.Aggregate((long)type.Bytes(), (a, b) => a * b)];
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = UnsafeByteOperations.UnsafeWrap(bytes) };
        tensor.Dims.AddRange(dims);
        graph.OptionalInput(name, type, [], []);
        graph.Proto.Input.RemoveAt(graph.Proto.Input.Count - 1);
        graph.Proto.Initializer[^1] = tensor;
        return name;
    }

    private static void Measure(string name, int? level, Func<OnnxGraph, string, string> add)
    {
        var graph = new OnnxGraph();
        add(graph, graph.Input("x", OnnxType.Float, "rows", Features));
        graph.Output("y", OnnxType.Float, "rows", Features);
        using var session = new InferenceSession(graph.ToModel("0").ToByteArray());
        Console.WriteLine($"| {name} | {level} | {Microseconds(session, 1):F0} | {Microseconds(session, 32):F0} |");
    }

    private static double Microseconds(InferenceSession session, int rows)
    {
        using var x = OrtValue.CreateTensorValueFromMemory(new float[rows * Features], [rows, Features]);
        using var options = new RunOptions();
        var times = new List<double>();
        for (var watch = Stopwatch.StartNew(); watch.ElapsedMilliseconds < 3000;)
        {
            var begin = watch.Elapsed;
            using var results = session.Run(options, ["x"], [x], ["y"]);
            times.Add((watch.Elapsed - begin).TotalMicroseconds);
        }
        return times.Order().ElementAt(times.Count / 2);
    }
}
