using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using XlLoraOnnx.Adapters;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// Three adapters of the shape of Gemma 3 27B (62 layers, rank 8, all linear modules), composed in every mode: time, processor time, and
/// the largest resident memory of the process, which is reset before each. Files are in the page cache where there is room for them.
/// </summary>
internal static class ComposeSpeed
{
    private const int Layers = 62;
    private const int Rank = 8;
    private const string Recipe = "task + 0.5 * (hausa - english)";
    private static readonly string[] Parts = ["task", "hausa", "english"];

    // in, out: hidden 5376, 32 heads and 16 key heads of 128, MLP 21504
    private static readonly (string Module, long In, long Out)[] Modules =
    [
        ("self_attn.q_proj", 5376, 4096), ("self_attn.k_proj", 5376, 2048), ("self_attn.v_proj", 5376, 2048),
        ("self_attn.o_proj", 4096, 5376), ("mlp.gate_proj", 5376, 21504), ("mlp.up_proj", 5376, 21504), ("mlp.down_proj", 21504, 5376),
    ];

    private static readonly CompositionOptions[] Modes =
    [
        new() { Mode = CompositionMode.Factor }, new() { Mode = CompositionMode.Exact }, new() { Mode = CompositionMode.Svd, Rank = Rank },
        new() { Mode = CompositionMode.Ties, Density = 0.5 }, new() { Mode = CompositionMode.DareLinear, Density = 0.5 },
        new() { Mode = CompositionMode.DareTies, Density = 0.5 },
    ];

    public static void Run(int layers = Layers)
    {
        var folder = Directory.CreateTempSubdirectory("xllora-compose-").FullName;
        try
        {
            foreach (var (part, seed) in Parts.Select((p, i) => (p, i + 1)))
                WritePart(Path.Combine(folder, part), seed, layers);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{Parts.Length} parts, {layers} layers, rank {Rank}, {Environment.ProcessorCount} cores, .NET {Environment.Version}"));
            Console.WriteLine("| mode | s | processor s | MiB, largest |\n|---|---:|---:|---:|");
            foreach (var options in Modes)
                Measure(folder, options);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Measure(string folder, CompositionOptions options)
    {
        GC.Collect();
        ResetPeak();
        var output = Path.Combine(folder, "result");
        var processor = Environment.CpuUsage.TotalTime;
        var watch = Stopwatch.StartNew();
        AdapterComposer.Compose(AdapterRecipe.Parse(Recipe), Parts.ToDictionary(p => p, p => Path.Combine(folder, p)), output, options);
        var (wall, used) = (watch.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - processor).TotalSeconds);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {CompositionOptions.Name(options.Mode)} | {wall:F1} | {used:F1} | {PeakKibibytes() / 1024} |"));
        Directory.Delete(output, recursive: true);
    }

    private static void WritePart(string folder, int seed, int layers)
    {
        Directory.CreateDirectory(folder);
        var settings = new
        {
            peft_type = "LORA",
            base_model_name_or_path = "shaped",
            r = Rank,
            lora_alpha = 16,
            bias = "none",
            task_type = "CAUSAL_LM",
            target_modules = Modules.Select(m => m.Module.Split('.')[^1]),
        };
        File.WriteAllText(Path.Combine(folder, "adapter_config.json"), JsonSerializer.Serialize(settings));
        var tensors = new List<(string Name, IReadOnlyList<long> Shape)>();
        for (var layer = 0; layer < layers; layer++)
        {
            foreach (var (module, inFeatures, outFeatures) in Modules)
            {
                var stem = string.Create(CultureInfo.InvariantCulture, $"base_model.model.model.layers.{layer}.{module}.lora_");
                tensors.Add((stem + "A.weight", [Rank, inFeatures]));
                tensors.Add((stem + "B.weight", [outFeatures, Rank]));
            }
        }
        using var file = new FileStream(Path.Combine(folder, "adapter_model.safetensors"), FileMode.CreateNew, FileAccess.Write);
        var writer = new SafetensorsWriter(file, tensors, new Dictionary<string, string> { ["format"] = "pt" });
        var random = new Random(seed);
        foreach (var (name, shape) in tensors)
        {
            var values = new float[shape[0] * shape[1]];
            for (var i = 0; i < values.Length; i++)
                values[i] = (random.NextSingle() - 0.5f) * 0.04f;
            writer.Write(name, values);
        }
    }

    // Linux: 5 resets the largest resident memory (proc(5))
    private static void ResetPeak() => File.WriteAllText("/proc/self/clear_refs", "5");

    private static long PeakKibibytes() => long.Parse(File.ReadLines("/proc/self/status")
        .First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
