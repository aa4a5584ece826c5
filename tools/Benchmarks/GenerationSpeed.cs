using System.Diagnostics;
using System.Globalization;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// Both engines over one folder, side by side, in turns: prompts of 100 tokens of which 70 are shared, 40 new tokens on average with
/// lengths from 8 to 96, rank-8 adapters on every linear module. Medians over the rounds. Memory of each in a process of its own.
/// </summary>
internal static class GenerationSpeed
{
    public const int SharedTokens = 70;
    private const int OwnTokens = 30;

    /// <summary>16 of them, 40 on average.</summary>
    private static readonly int[] NewTokens = [8, 96, 12, 24, 40, 60, 32, 48, 16, 72, 20, 36, 28, 44, 56, 48];

    private static readonly SamplingOptions Sampled = new() { DoSample = true, TopK = 64, TopP = 0.95f };

    private sealed record Case(string Name, TextEngine Engine, string?[] Adapters, bool IsSampled)
    {
        public List<double> Speeds { get; } = [];
    }

    /// <param name="sizes">Rows at a time.</param>
    public static async Task RunAsync(int rounds, params int[] sizes)
    {
        var root = Directory.CreateTempSubdirectory("xllora-generation-").FullName;
        try
        {
            var model = Export(root);
            Console.WriteLine($"gemma-3-270m shape, random weights, float32, CPU, {Environment.ProcessorCount} cores, {rounds} rounds; "
                + $"{SharedTokens + OwnTokens} prompt tokens ({SharedTokens} shared), {NewTokens.Average():0} new tokens on average "
                + $"({NewTokens.Min()} to {NewTokens.Max()})");
            foreach (var concurrent in sizes)
                await CompareAsync(model, concurrent, rounds, withSampling: concurrent == 8);
            Console.WriteLine("| engine | rows at a time | loaded, MB | peak, MB | beyond the loaded model, MB | planned, MB | at most |");
            Console.WriteLine("|---|--:|--:|--:|--:|--:|--:|");
            foreach (var concurrent in (int[])[32, 8])
            {
                foreach (var engine in (TextEngine[])[TextEngine.GenAi, TextEngine.Continuous])
                    await RunElsewhereAsync("generation-memory", model, $"{engine}", $"{concurrent}");
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    /// <summary>In a process of its own: prints a line of the memory table.</summary>
    public static async Task MeasureMemoryAsync(string folder, TextEngine engine, int concurrent)
    {
        using var model = Load(folder, engine, concurrent);
        var loaded = Status("VmRSS");
        for (var round = 0; round < 2; round++)
            await model.GenerateAsync(Requests(2 * concurrent, ["pos"], Sampled, round)).CountAsync();
        var peak = Status("VmHWM");
        var planned = model.MemoryPlans is [var plan] ? $"{plan.ExpectedBytes / 1e6:0} | {plan.TotalBytes / 1e6:0}" : "- | -";
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {engine} | {concurrent} | {loaded / 1e6:0} | {peak / 1e6:0} | {(peak - loaded) / 1e6:0} | {planned} |"));
    }

    /// <summary>Resident memory while 20,000 short rows come and go.</summary>
    public static async Task MeasureLeakAsync(string folder)
    {
        using var model = XlLoraModel.Load(folder, new XlLoraModelOptions { Engine = TextEngine.Continuous });
        Console.WriteLine("| rows | resident, MB |");
        Console.WriteLine("|--:|--:|");
        for (var done = 0; done <= 20_000; done += 4000)
        {
            GC.Collect();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {done} | {Status("VmRSS") / 1e6:0.0} |"));
            await model.GenerateAsync(Enumerable.Range(done, 4000).Select(i => new GenerationRequest
            {
                RowId = i,
                PromptTokens = [2, 300 + (i % 1000), 301 + (i % 7), 302],
                Adapter = (i % 3) switch { 0 => "pos", 1 => "neg", _ => null },
                MaxNewTokens = 4,
            })).CountAsync();
        }
    }

    /// <summary>This program with other words.</summary>
    public static async Task RunElsewhereAsync(params string[] words)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        // the program itself, or dotnet with it
        var isDotnet = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet";
        foreach (var argument in (string[])[.. isDotnet ? [Environment.GetCommandLineArgs()[0]] : Array.Empty<string>(), .. words])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        Console.Write(await process.StandardOutput.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"The measurement {string.Join(' ', words)} ended with {process.ExitCode}.");
    }

    public static long Status(string key) => long.Parse(
        File.ReadLines("/proc/self/status").First(l => l.StartsWith(key, StringComparison.Ordinal)).Split(':')[1].Replace("kB", ""),
        CultureInfo.InvariantCulture) * 1024;

    public static XlLoraModel Load(string folder, TextEngine engine, int concurrent) => XlLoraModel.Load(folder, new XlLoraModelOptions
    {
        Engine = engine,
        GenAi = new GenAiTextGeneratorFactory(),
        BatchSize = concurrent,
        Slots = concurrent,
        // two random adapters of the same bytes
        Canary = false,
    });

    public static GenerationRequest[] Requests(int rows, string?[] adapters, SamplingOptions sampling, int seed)
    {
        var shared = new Random(1);
        int[] beginning = [.. Enumerable.Range(0, SharedTokens).Select(_ => Token(shared))];
        var random = new Random(seed);
        return [.. Enumerable.Range(0, rows).Select(i => new GenerationRequest
        {
            RowId = i,
            PromptTokens = [.. beginning, .. Enumerable.Range(0, OwnTokens).Select(_ => Token(random))],
            Adapter = adapters[i % adapters.Length],
            MaxNewTokens = NewTokens[i % NewTokens.Length],
            Sampling = sampling,
            IgnoreStopTokens = true,
        })];
    }

    private static string Export(string root)
    {
        var shape = ShapedCheckpoint.Gemma270M;
        shape.Write(Path.Combine(root, "checkpoint"));
        ShapedCheckpoint.WriteAdapter(shape, Path.Combine(root, "adapter"));
        var adapters = new Dictionary<string, string> { ["pos"] = Path.Combine(root, "adapter"), ["neg"] = Path.Combine(root, "adapter") };
        var model = Path.Combine(root, "model");
        ModelExporter.Export(Path.Combine(root, "checkpoint"), model, new ExportOptions { Adapters = adapters, ContextLength = 512 });
        Directory.Delete(Path.Combine(root, "checkpoint"), recursive: true);
        return model;
    }

    private static async Task CompareAsync(string folder, int concurrent, int rounds, bool withSampling)
    {
        Case[] cases =
        [
            new("GenAI, one adapter, greedy", TextEngine.GenAi, ["pos"], false),
            new("continuous, one adapter, greedy", TextEngine.Continuous, ["pos"], false),
            new("continuous, half pos, half neg, greedy", TextEngine.Continuous, ["pos", "neg"], false),
            new("GenAI, one adapter, sampled", TextEngine.GenAi, ["pos"], true),
            new("continuous, one adapter, sampled", TextEngine.Continuous, ["pos"], true),
        ];
        // a graph of its own runs where no adapter is mounted: another model, so that none is loaded again between the turns
        Case plain = new("continuous, no adapter, greedy", TextEngine.Continuous, [null], false);
        using var official = Load(folder, TextEngine.GenAi, concurrent);
        using var continuous = Load(folder, TextEngine.Continuous, concurrent);
        using var without = Load(folder, TextEngine.Continuous, concurrent);
        (Case Case, XlLoraModel Model)[] turns =
        [
            .. cases.Where(c => !c.IsSampled || withSampling).Select(c => (c, c.Engine == TextEngine.GenAi ? official : continuous)),
            (plain, without),
        ];
        var rows = Math.Max(2 * concurrent, 4);
        for (var round = -1; round < rounds; round++)
        {
            foreach (var (c, model) in turns)
            {
                var requests = Requests(round < 0 ? concurrent : rows, c.Adapters, c.IsSampled ? Sampled : SamplingOptions.Greedy, round);
                var started = Stopwatch.GetTimestamp();
                var tokens = await model.GenerateAsync(requests).Select(r => r.TokenCount).SumAsync();
                if (round >= 0)
                    c.Speeds.Add(tokens / Stopwatch.GetElapsedTime(started).TotalSeconds);
            }
        }
        Console.WriteLine($"\n{rows} rows, {concurrent} at a time");
        Console.WriteLine("| | tokens/s | against GenAI, same sampling | against one adapter |");
        Console.WriteLine("|---|--:|--:|--:|");
        foreach (var (c, _) in turns)
        {
            var peer = turns.First(t => t.Case.Engine == TextEngine.GenAi && t.Case.IsSampled == c.IsSampled).Case;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {c.Name} | {Median(c.Speeds):0.0} | {Ratio(c, peer):0.00}× | {Ratio(c, cases[1]) * 100:0} % |"));
        }
    }

    /// <summary>Round by round: both saw the same machine.</summary>
    private static double Ratio(Case a, Case b) => Median([.. a.Speeds.Zip(b.Speeds, (x, y) => x / y)]);

    private static int Token(Random random) => random.Next(200, ShapedCheckpoint.Gemma270M.Vocabulary - 1);
}
