using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// What LoRA slots cost on this machine: the graph without slots, the graph with slots and nothing mounted, and with a rank-8 adapter on
/// every linear module, side by side, round by round; medians over rounds, so that a machine that drifts drifts for all three; processor
/// time beside it, which other programs disturb less.
/// </summary>
internal static class LoraCost
{
    private const int PromptLength = 64;
    private const int Past = 64;
    private static readonly int[] Batches = [1, 8, 32];

    public static void Run(int rounds)
    {
        var root = Directory.CreateTempSubdirectory("xllora-lora-cost-").FullName;
        try
        {
            var shape = ShapedCheckpoint.Gemma270M;
            shape.Write(Path.Combine(root, "checkpoint"));
            ShapedCheckpoint.WriteAdapter(shape, Path.Combine(root, "adapter"));
            var model = Path.Combine(root, "model");
            var adapters = new Dictionary<string, string> { ["a"] = Path.Combine(root, "adapter") };
            ModelExporter.Export(Path.Combine(root, "checkpoint"), model, new ExportOptions { Adapters = adapters, ContextLength = 512 });
            Directory.Delete(Path.Combine(root, "checkpoint"), recursive: true);
            OrtEnv.Instance().EnvLogLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
            Console.WriteLine($"{shape.Name} shape, random weights, float32, ONNX Runtime CPU, {Environment.ProcessorCount} cores, " +
                $"{rounds} rounds, prompts of {PromptLength} tokens, decode after {Past}");
            Console.WriteLine("| phase | batch | no LoRA graph, ms | nothing mounted, time | processor time | rank-8 adapter, time | processor time |");
            Console.WriteLine("|---|--:|--:|--:|--:|--:|--:|");
            foreach (var batch in Batches)
            {
                Measure(shape, model, "prefill", batch, PromptLength, past: 0, rounds);
                Measure(shape, model, "decode", batch, length: 1, Past, rounds);
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static void Measure(ShapedCheckpoint shape, string model, string phase, int batch, int length, int past, int rounds)
    {
        using var options = new SessionOptions();
        // Threads that spin after one variant's run would slow the next one's.
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        using var plain = new InferenceSession(Path.Combine(model, "model.base.onnx"), options);
        using var lora = new InferenceSession(Path.Combine(model, "model.onnx"), options);
        using var adapter = OrtLoraAdapter.Create(Path.Combine(model, "adapters", "a.onnx_adapter"), null);
        using var mounted = new RunOptions();
        mounted.AddActiveLoraAdapter(adapter);
        using var unmounted = new RunOptions();
        using var feed = new DecoderFeed(shape, batch, length, past);
        (InferenceSession Session, RunOptions Options)[] variants = [(plain, unmounted), (lora, unmounted), (lora, mounted)];

        var times = variants.Select(_ => new List<double>()).ToArray();
        var processor = variants.Select(_ => new List<double>()).ToArray();
        // A decode step is short: more of them fit into the same time.
        var runs = length == 1 ? rounds * 4 : rounds;
        for (var run = -2; run < runs; run++)
        {
            for (var turn = 0; turn < variants.Length; turn++)
            {
                // Each variant is first, second and last in turn.
                var i = (turn + run + 2) % variants.Length;
                var (started, used) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
                feed.Run(variants[i].Session, variants[i].Options);
                if (run < 0)
                    continue;
                times[i].Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                processor[i].Add((Environment.CpuUsage.TotalTime - used).TotalMilliseconds);
            }
        }
        // Ratios pair by pair: the two runs of a round saw the same machine.
        string Ratio(List<double>[] of, int i) => string.Create(CultureInfo.InvariantCulture,
            $"{(Median(of[i].Zip(of[0], (a, b) => a / b)) - 1) * 100:+0.0;-0.0;0.0} %");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {phase} | {batch} | {Median(times[0]):0.0} | ")
            + $"{Ratio(times, 1)} | {Ratio(processor, 1)} | {Ratio(times, 2)} | {Ratio(processor, 2)} |");
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
