using System.Diagnostics;
using System.Runtime.InteropServices;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// bfloat16 rows of a checkpoint to quantised rows, on every core: MB of bfloat16 read per second, codes, scales and zero points together.
/// The file is in the page cache. A stopwatch suffices: one run takes seconds.
/// </summary>
internal static class QuantizationBenchmark
{
    private const int Rows = 40960;
    private const int Columns = 2560;
    private const int Repetitions = 5;

    public static void Run()
    {
        var path = Path.Combine(Path.GetTempPath(), $"xllora-bench-{Environment.ProcessId}.safetensors");
        try
        {
            WriteCheckpoint(path);
            using var file = SafetensorsFile.Open(path);
            var tensor = new CheckpointTensor(file, file.Tensors["w"]);
            Console.WriteLine(
                $"{Rows} × {Columns} bfloat16, {tensor.Bytes / 1e6:F0} MB, {Environment.ProcessorCount} cores, best of {Repetitions}");
            Console.WriteLine("| format | MB/s | MB per second of processor time |\n|---|---:|---:|");
            foreach (var bits in (int[])[4, 8])
            {
                foreach (var symmetric in (bool[])[true, false])
                {
                    var quantizer = new BlockQuantizer(bits, 32, symmetric);
                    List<TensorSource> sources = [QuantizedRows.Codes(tensor, quantizer), QuantizedRows.Scales(tensor, quantizer)];
                    if (!symmetric)
                        sources.Add(QuantizedRows.ZeroPoints(tensor, quantizer));
                    Measure($"int{bits}, block 32, {(symmetric ? "symmetric" : "asymmetric")}", tensor.Bytes, sources);
                }
            }
            var nf4 = new Nf4Quantizer(64);
            Measure("nf4, block 64", tensor.Bytes, [QuantizedRows.Codes(tensor, nf4), QuantizedRows.AbsMaxima(tensor, nf4)]);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void Measure(string name, long bytes, List<TensorSource> sources)
    {
        var runs = Enumerable.Range(0, Repetitions).Select(_ => Run(sources)).ToArray();
        Console.WriteLine($"| {name} | {bytes / runs.Min(r => r.Wall) / 1e6:F0} | {bytes / runs.Min(r => r.Processor) / 1e6:F0} |");
    }

    private static (double Wall, double Processor) Run(List<TensorSource> sources)
    {
        const int Tile = 256;
        var processor = Environment.CpuUsage.TotalTime;
        var watch = Stopwatch.StartNew();
        foreach (var source in sources)
        {
            Parallel.For(0, Rows / Tile,
                () => new byte[Tile * source.RowBytes],
                (tile, _, destination) =>
                {
                    source.Fill((long)tile * Tile, Tile, destination);
                    return destination;
                },
                _ => { });
        }
        return (watch.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - processor).TotalSeconds);
    }

    private static void WriteCheckpoint(string path)
    {
        var random = new Random(1);
        var row = new ushort[Columns];
        var header = $$"""{"w": {"dtype":"BF16","shape":[{{Rows}},{{Columns}}],"data_offsets":[0,{{2L * Rows * Columns}}] } }""";
        using var stream = new BinaryWriter(File.Create(path));
        stream.Write((long)header.Length);
        stream.Write(System.Text.Encoding.ASCII.GetBytes(header));
        for (var r = 0; r < Rows; r++)
        {
            foreach (ref var value in row.AsSpan())
                value = (ushort)(BitConverter.SingleToUInt32Bits((random.NextSingle() - 0.5f) * 0.1f) >> 16);
            stream.Write(MemoryMarshal.AsBytes(row.AsSpan()));
        }
    }
}
