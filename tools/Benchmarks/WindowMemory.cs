using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// Eight rows of 2,000 positions at a time, in layers of which 15 of 18 see 512: with caches that keep all, and with those that keep the
/// window. Memory of each in a process of its own; speed in one process, in turns, each first in every other round.
/// </summary>
internal static class WindowMemory
{
    private const int Slots = 8, SharedTokens = 1920, OwnTokens = 32, NewTokens = 48;

    private const string Manifest = "xllora.json";

    private static readonly string[] Caches = ["whole", "rolling"];

    /// <param name="model">A folder of the shape to use again; null to make one.</param>
    public static async Task RunAsync(int rounds, string? model)
    {
        var root = Directory.CreateTempSubdirectory("xllora-windows-").FullName;
        try
        {
            var rolling = model ?? Export(root);
            var whole = WithoutWindow(rolling, Path.Combine(root, "whole"));
            Console.WriteLine("| caches | planned, MB | of it keys and values | beyond the loaded model, MB |");
            Console.WriteLine("|---|--:|--:|--:|");
            foreach (var caches in Caches)
                await GenerationSpeed.RunElsewhereAsync("generation-windows-memory", caches == "whole" ? whole : rolling, caches);
            await CompareAsync(rounds, whole, rolling);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    /// <summary>Prints a line of the table of memory.</summary>
    /// <param name="caches">The line's name.</param>
    public static async Task MeasureAsync(string folder, string caches)
    {
        using var model = Load(folder);
        var loaded = GenerationSpeed.Status("VmRSS");
        for (var seed = 0; seed < 2; seed++)
            await model.GenerateAsync(Requests(seed)).CountAsync();
        var plan = model.MemoryPlans.Single();
        var taken = GenerationSpeed.Status("VmHWM") - loaded;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {caches} | {plan.ExpectedBytes / 1e6:0} | {plan.FilledBytes / 1e6:0} | {taken / 1e6:0} |"));
    }

    private static async Task CompareAsync(int rounds, string whole, string rolling)
    {
        XlLoraModel[] models = [Load(whole), Load(rolling)];
        List<Turn>[] turns = [[], []];
        var (same, rows) = (0, 0);
        // the first reads what all share
        for (var round = -1; round < rounds; round++)
        {
            var texts = new Dictionary<long, string>[2];
            foreach (var i in round % 2 == 0 ? (int[])[0, 1] : [1, 0])
            {
                var (turn, found) = await TakeAsync(models[i], round);
                texts[i] = found;
                if (round >= 0)
                    turns[i].Add(turn);
            }
            same += texts[0].Count(t => texts[1][t.Key] == t.Value);
            rows += texts[0].Count;
        }
        foreach (var model in models)
            model.Dispose();
        Console.WriteLine($"\n{rounds} rounds, {Environment.ProcessorCount} cores; {same} of {rows} rows have the same tokens\n");
        Console.WriteLine("| caches | tokens/s, median (quartiles) | processor seconds a 1,000 tokens |");
        Console.WriteLine("|---|--:|--:|");
        foreach (var (caches, taken) in Caches.Zip(turns))
            Console.WriteLine($"| {caches} | {Quartiles(taken.Select(t => t.Speed))} | {Quartiles(taken.Select(t => t.Processor))} |");
        var pairs = turns[1].Zip(turns[0], (r, w) => (Speed: r.Speed / w.Speed, Processor: r.Processor / w.Processor)).ToArray();
        Console.WriteLine("| rolling against whole, round by round | "
            + $"{Quartiles(pairs.Select(p => p.Speed), "0.00")} | {Quartiles(pairs.Select(p => p.Processor), "0.00")} |");
    }

    private static async Task<(Turn Turn, Dictionary<long, string> Texts)> TakeAsync(XlLoraModel model, int seed)
    {
        var (started, processor) = (Stopwatch.GetTimestamp(), Process.GetCurrentProcess().TotalProcessorTime);
        var results = await model.GenerateAsync(Requests(seed)).ToListAsync();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var tokens = results.Sum(r => r.TokenCount);
        return (new Turn(tokens / seconds, (Process.GetCurrentProcess().TotalProcessorTime - processor).TotalSeconds / tokens * 1000),
            results.ToDictionary(r => r.RowId, r => r.Text));
    }

    private static string Quartiles(IEnumerable<double> values, string format = "0.0")
    {
        var sorted = values.Order().ToArray();
        var (low, median, high) = (sorted[sorted.Length / 4], sorted[sorted.Length / 2], sorted[3 * sorted.Length / 4]);
        string Text(double value) => value.ToString(format, CultureInfo.InvariantCulture);
        return $"{Text(median)} ({Text(low)} to {Text(high)})";
    }

    private static XlLoraModel Load(string folder) =>
        XlLoraModel.Load(folder, new XlLoraModelOptions { Engine = TextEngine.Continuous, Slots = Slots, Canary = false });

    private static string Export(string root)
    {
        var model = Path.Combine(root, "model");
        ShapedCheckpoint.Gemma270M.Write(Path.Combine(root, "checkpoint"));
        ModelExporter.Export(Path.Combine(root, "checkpoint"), model, new ExportOptions { ContextLength = 2048 });
        Directory.Delete(Path.Combine(root, "checkpoint"), recursive: true);
        return model;
    }

    /// <summary>A copy whose manifest does not say which layers have a window: every layer keeps all.</summary>
    private static string WithoutWindow(string folder, string copy)
    {
        Directory.CreateDirectory(copy);
        foreach (var file in Directory.EnumerateFiles(folder))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, Manifest)))!;
        foreach (var cache in json["decoder"]!["caches"]!.AsArray())
            cache!.AsObject().Remove("window");
        File.WriteAllText(Path.Combine(copy, Manifest), json.ToJsonString());
        return copy;
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

    /// <param name="Speed">Tokens a second.</param>
    /// <param name="Processor">Seconds of all cores for 1,000 tokens.</param>
    private sealed record Turn(double Speed, double Processor);
}
