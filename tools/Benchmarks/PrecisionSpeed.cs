using System.Diagnostics;
using System.Globalization;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// One model in float32, with products of 8-bit integers, with weights of 8 and of 4 bits: tokens per second of the continuous engine with
/// one adapter and with none, in turns, all in one process; medians over the rounds, ratios round by round. Requests as in
/// <see cref="GenerationSpeed"/>.
/// </summary>
internal static class PrecisionSpeed
{
    public static readonly ExportPrecision[] Precisions =
        [ExportPrecision.Fp32, ExportPrecision.Int8, ExportPrecision.Int8W, ExportPrecision.Int4];

    /// <param name="shape">Of <see cref="ShapedCheckpoint.Named"/>.</param>
    /// <param name="sizes">Rows at a time.</param>
    public static async Task RunAsync(string shape, int rounds, params int[] sizes)
    {
        var root = Directory.CreateTempSubdirectory("xllora-precision-").FullName;
        try
        {
            var folders = Export(ShapedCheckpoint.Named(shape), root);
            Console.WriteLine($"{shape} shape of Gemma 3, random weights, CPU, {Environment.ProcessorCount} cores, {rounds} rounds, "
                + "tokens/s (against fp32); load " + File.ReadAllText("/proc/loadavg").Trim());
            Console.WriteLine($"| rows | adapter | {string.Join(" | ", Precisions.Select(p => p.ToString().ToLowerInvariant()))} |");
            Console.WriteLine("|--:|---|" + string.Concat(Precisions.Select(_ => "--:|")));
            foreach (var size in sizes)
            {
                foreach (var adapter in (string?[])["pos", null])
                    await CompareAsync(folders, size, adapter, rounds);
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static string[] Export(ShapedCheckpoint shape, string root)
    {
        var (checkpoint, adapter) = (Path.Combine(root, "checkpoint"), Path.Combine(root, "adapter"));
        shape.Write(checkpoint);
        ShapedCheckpoint.WriteAdapter(shape, adapter);
        string[] folders = [.. Precisions.Select(precision => ModelExporter.Export(
            checkpoint, Path.Combine(root, $"{precision}"), new ExportOptions
            {
                Precision = precision,
                Adapters = new Dictionary<string, string> { ["pos"] = adapter },
                ContextLength = 512,
                Roles = [GraphRoles.Continuous, GraphRoles.ContinuousBase],
            }).Folder)];
        Directory.Delete(checkpoint, recursive: true);
        return folders;
    }

    private static async Task CompareAsync(string[] folders, int size, string? adapter, int rounds)
    {
        // a graph of its own runs while no adapter has been mounted
        var models = Array.ConvertAll(folders, f => GenerationSpeed.Load(f, TextEngine.Continuous, size));
        var speeds = models.Select(_ => new List<double>()).ToArray();
        for (var round = -1; round < rounds; round++)
        {
            for (var turn = 0; turn < models.Length; turn++)
            {
                var i = (turn + round + 1) % models.Length;
                var requests = GenerationSpeed.Requests(Math.Max(size, 2), [adapter], SamplingOptions.Greedy, round);
                var started = Stopwatch.GetTimestamp();
                var tokens = await models[i].GenerateAsync(requests).Select(r => r.TokenCount).SumAsync();
                if (round >= 0)
                    speeds[i].Add(tokens / Stopwatch.GetElapsedTime(started).TotalSeconds);
            }
        }
        foreach (var model in models)
            model.Dispose();
        Console.WriteLine($"| {size} | {adapter ?? "none"} | " + string.Join(" | ", speeds.Select(s => string.Create(
            CultureInfo.InvariantCulture, $"{Median(s):0.0} ({Median(s.Zip(speeds[0], (a, b) => a / b)):0.00})"))) + " |");
    }
}
