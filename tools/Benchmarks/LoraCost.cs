using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// What LoRA slots cost on this machine: the graph without slots, the graph with slots and nothing mounted, and with a rank-8 adapter on
/// every linear module, side by side, in turns. Where a session's weights happen to lie in memory changes its speed by several per cent for
/// as long as it lives, so all sessions are made anew for every sitting; medians over all runs of all sittings. Processor time beside it,
/// which other programs disturb less.
/// </summary>
internal static class LoraCost
{
    private const int PromptLength = 64;
    private const int Past = 64;
    private const int RunsPerSitting = 3;

    private static readonly Case[] Cases =
    [
        .. new[] { 1, 8, 32 }.SelectMany(
            batch => new[] { new Case("prefill", batch, PromptLength, 0), new Case("decode", batch, 1, Past) }),
    ];

    private sealed record Case(string Phase, int Batch, int Length, int Past)
    {
        public List<double>[] Times { get; } = [[], [], []];

        public List<double>[] Processor { get; } = [[], [], []];

        /// <summary>A decode step is short: more of them fit into the same time.</summary>
        public int Runs => Length == 1 ? 4 * RunsPerSitting : RunsPerSitting;
    }

    public static void Run(int sittings)
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
            for (var sitting = 0; sitting < sittings; sitting++)
                Sit(shape, model, sitting);
            Print(shape, sittings);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static void Sit(ShapedCheckpoint shape, string model, int sitting)
    {
        using var options = new SessionOptions();
        // Threads that spin after one variant's run would slow the next one's.
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        string[] graphs = ["model.base.onnx", "model.onnx"];
        if (sitting % 2 == 1)
            Array.Reverse(graphs);
        var sessions = graphs.ToDictionary(g => g, g => new InferenceSession(Path.Combine(model, g), options));
        using var adapter = OrtLoraAdapter.Create(Path.Combine(model, "adapters", "a.onnx_adapter"), null);
        using var mounted = new RunOptions();
        mounted.AddActiveLoraAdapter(adapter);
        using var unmounted = new RunOptions();
        var (plain, lora) = (sessions["model.base.onnx"], sessions["model.onnx"]);
        foreach (var c in Cases)
            Measure(shape, c, [(plain, unmounted), (lora, unmounted), (lora, mounted)]);
        foreach (var session in sessions.Values)
            session.Dispose();
    }

    private static void Measure(ShapedCheckpoint shape, Case c, (InferenceSession Session, RunOptions Options)[] variants)
    {
        using var feed = new DecoderFeed(shape, c.Batch, c.Length, c.Past);
        for (var run = -1; run < c.Runs; run++)
        {
            for (var turn = 0; turn < variants.Length; turn++)
            {
                // Each variant is first, second and last in turn.
                var i = (turn + run + 1) % variants.Length;
                var (started, used) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
                feed.Run(variants[i].Session, variants[i].Options);
                if (run < 0)
                    continue;
                c.Times[i].Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                c.Processor[i].Add((Environment.CpuUsage.TotalTime - used).TotalMilliseconds);
            }
        }
    }

    private static void Print(ShapedCheckpoint shape, int sittings)
    {
        Console.WriteLine($"{shape.Name} shape, random weights, float32, ONNX Runtime CPU, {Environment.ProcessorCount} cores, " +
            $"{sittings} sittings, prompts of {PromptLength} tokens, decode after {Past}");
        Console.WriteLine("| phase | batch | no LoRA graph, ms | nothing mounted, time | processor time | rank-8 adapter, time | "
            + "processor time |");
        Console.WriteLine("|---|--:|--:|--:|--:|--:|--:|");
        foreach (var c in Cases)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {c.Phase} | {c.Batch} | {Median(c.Times[0]):0.0} | ")
                + $"{Ratio(c.Times, 1)} | {Ratio(c.Processor, 1)} | {Ratio(c.Times, 2)} | {Ratio(c.Processor, 2)} |");
        }
    }

    /// <summary>Pair by pair: the two runs of a turn saw the same machine.</summary>
    private static string Ratio(List<double>[] of, int i) => string.Create(
        CultureInfo.InvariantCulture, $"{(Median(of[i].Zip(of[0], (a, b) => a / b)) - 1) * 100:+0.0;-0.0;0.0} %");
}
