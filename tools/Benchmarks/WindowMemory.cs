using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// Eight rows of 2,000 positions at a time, in layers of which 15 of 18 see 512: with caches that keep all, and with those that keep the
/// window. Each in a process of its own.
/// </summary>
internal static class WindowMemory
{
    private const int Slots = 8, SharedTokens = 1920, OwnTokens = 32, NewTokens = 48;

    /// <param name="model">A folder of the shape to use again; null to make one.</param>
    public static async Task RunAsync(string? model)
    {
        var root = Directory.CreateTempSubdirectory("xllora-windows-").FullName;
        try
        {
            var folder = model ?? Export(root);
            Console.WriteLine("| caches | planned, MB | of it keys and values | beyond the loaded model, MB | tokens/s |");
            Console.WriteLine("|---|--:|--:|--:|--:|");
            foreach (var caches in (string[])["whole", "rolling"])
                await GenerationSpeed.RunElsewhereAsync("generation-windows", folder, caches);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    /// <summary>Prints a line of the table.</summary>
    public static async Task MeasureAsync(string folder, bool rolling)
    {
        SetWindow(folder, rolling ? ShapedCheckpoint.Gemma270M.Window : null);
        var options = new XlLoraModelOptions { Engine = TextEngine.Continuous, Slots = Slots, Canary = false };
        using var model = XlLoraModel.Load(folder, options);
        var loaded = GenerationSpeed.Status("VmRSS");
        // the first reads what all share
        await model.GenerateAsync(Requests(0)).CountAsync();
        var started = Stopwatch.GetTimestamp();
        var tokens = await model.GenerateAsync(Requests(1)).Select(r => r.TokenCount).SumAsync();
        var speed = tokens / Stopwatch.GetElapsedTime(started).TotalSeconds;
        var plan = model.MemoryPlans.Single();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {(rolling ? "rolling" : "whole")} | {plan.ExpectedBytes / 1e6:0} | {plan.FilledBytes / 1e6:0} | ")
            + string.Create(CultureInfo.InvariantCulture, $"{(GenerationSpeed.Status("VmHWM") - loaded) / 1e6:0} | {speed:0.0} |"));
    }

    private static string Export(string root)
    {
        var model = Path.Combine(root, "model");
        ShapedCheckpoint.Gemma270M.Write(Path.Combine(root, "checkpoint"));
        ModelExporter.Export(Path.Combine(root, "checkpoint"), model, new ExportOptions { ContextLength = 2048 });
        Directory.Delete(Path.Combine(root, "checkpoint"), recursive: true);
        return model;
    }

    /// <summary>A manifest that does not speak of a window makes every layer keep all.</summary>
    private static void SetWindow(string folder, int? window)
    {
        var path = Path.Combine(folder, "xllora.json");
        var json = JsonNode.Parse(File.ReadAllText(path))!;
        json["dimensions"]!["sliding_window"] = window;
        File.WriteAllText(path, json.ToJsonString());
    }

    private static GenerationRequest[] Requests(int seed)
    {
        var (shared, own) = (new Random(1), new Random(seed + 2));
        int[] beginning = [.. Enumerable.Range(0, SharedTokens).Select(_ => shared.Next(200, 200_000))];
        return [.. Enumerable.Range(0, Slots).Select(i => new GenerationRequest
        {
            RowId = i,
            PromptTokens = [.. beginning, .. Enumerable.Range(0, OwnTokens).Select(_ => own.Next(200, 200_000))],
            MaxNewTokens = NewTokens,
            Sampling = SamplingOptions.Greedy,
            IgnoreStopTokens = true,
        })];
    }
}
