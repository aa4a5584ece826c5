using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// Speculative decoding without a draft model: what a call of several tokens costs beside one of a single token, and tokens a second of
/// rows that run alone, with tokens looked up and without, in turns.
/// </summary>
internal static class PromptLookupSpeed
{
    private static readonly int[] Ahead = [0, 2, 4, 8];

    private static readonly SamplingOptions Sampled = new() { DoSample = true, TopK = 64, TopP = 0.95f };

    /// <param name="Rows">Of a round, from −1: others in each, since answers are remembered.</param>
    private sealed record Kind(string Name, Func<int, GenerationRequest[]> Rows);

    public static async Task RunAsync(int rounds)
    {
        var root = Directory.CreateTempSubdirectory("xllora-lookup-").FullName;
        try
        {
            using var demo = new DemoModel();
            var shaped = Path.Combine(root, "model");
            ShapedCheckpoint.Gemma270M.Write(Path.Combine(root, "checkpoint"));
            ModelExporter.Export(Path.Combine(root, "checkpoint"), shaped, new ExportOptions { ContextLength = 512 });
            Console.WriteLine($"{Environment.ProcessorCount} cores, {rounds} rounds");
            Console.WriteLine("| model | past | 1 token, ms | 2 | 3 | 5 | 9 |");
            Console.WriteLine("|---|--:|--:|--:|--:|--:|--:|");
            MeasureCalls("demonstration", demo.Folder, rounds * 40);
            MeasureCalls("270M shape", shaped, rounds * 4);
            await CompareAsync("demonstration", demo.Folder, rounds, DemoKinds());
            await CompareAsync("270M shape", shaped, rounds, ShapedKinds());
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    /// <summary>One row, calls of each length in turns.</summary>
    private static void MeasureCalls(string name, string folder, int rounds)
    {
        const int Past = 120;
        int[] lengths = [1, 2, 3, 5, 9];
        var options = new DecoderDeviceOptions(DeviceName.Parse("cpu"), PrefillTokens: 256) { PromptLookupTokens = 8 };
        using var device = new OrtDecoderDevice(ModelFolder.Load(folder), options);
        device.Reserve(slots: 1, capacity: 144, keep: 0);
        int[] tokens = [.. Enumerable.Range(200, Past + 9)];
        device.Prefill(0, 0, tokens.AsSpan(0, Past), lane: -1, wanted: 0);
        var times = lengths.Select(_ => new List<double>()).ToArray();
        for (var round = -3; round < rounds; round++)
        {
            for (var i = 0; i < lengths.Length; i++)
            {
                var time = Timing.Seconds(() =>
                {
                    if (lengths[i] == 1)
                        device.Decode([new StepRow(tokens[Past], Past, Lane: -1, Wanted: true)]);
                    else
                        device.Prefill(0, Past, tokens.AsSpan(Past, lengths[i]), lane: -1, wanted: lengths[i]);
                });
                if (round >= 0)
                    times[i].Add(time);
            }
        }
        var first = Timing.Median(times[0]);
        Console.WriteLine($"| {name} | {Past} | " + string.Join(" | ", times.Select((t, i) => string.Create(CultureInfo.InvariantCulture,
            $"{Timing.Median(t) * 1e3:0.00}{(i == 0 ? "" : $" ({Timing.Median(t) / first:0.00}×)")}"))) + " |");
    }

    private static async Task CompareAsync(string name, string folder, int rounds, Kind[] kinds)
    {
        XlLoraModel[] models = [.. Ahead.Select(ahead => XlLoraModel.Load(folder,
            new XlLoraModelOptions { Engine = TextEngine.Continuous, Slots = 1, PromptLookupTokens = ahead }))];
        Console.WriteLine($"\n{name}, one row after the other; tokens/s, against off, share of the looked-up tokens chosen, tokens a step");
        Console.WriteLine($"| rows | off | {string.Join(" | ", Ahead.Skip(1).Select(a => $"up to {a}"))} |");
        Console.WriteLine($"|---|{string.Concat(Enumerable.Repeat("--:|", Ahead.Length))}");
        foreach (var kind in kinds)
        {
            var speeds = models.Select(_ => new List<double>()).ToArray();
            var before = models.Select(m => m.Statistics).ToArray();
            for (var round = -1; round < rounds; round++)
            {
                for (var i = 0; i < models.Length; i++)
                {
                    var started = Stopwatch.GetTimestamp();
                    var tokens = await models[i].GenerateAsync(kind.Rows(round)).Select(r => r.TokenCount).SumAsync();
                    if (round >= 0)
                        speeds[i].Add(tokens / Stopwatch.GetElapsedTime(started).TotalSeconds);
                }
            }
            Console.WriteLine($"| {kind.Name} | " + string.Join(" | ", models.Select((m, i) =>
            {
                var done = m.Statistics.Since(before[i]);
                var ratio = Timing.Median(speeds[i].Zip(speeds[0], (x, off) => x / off));
                return string.Create(CultureInfo.InvariantCulture, $"{Timing.Median(speeds[i]):0.0}") + (i == 0 ? ""
                    : string.Create(CultureInfo.InvariantCulture, $", **{ratio:0.00}×**, {done.AcceptedTokenShare * 100:0} %, ")
                    + string.Create(CultureInfo.InvariantCulture, $"{(double)done.GeneratedTokens / done.Batches:0.00}"));
            })) + " |");
        }
        foreach (var model in models)
            model.Dispose();
    }

    /// <summary>What the demonstration was trained for.</summary>
    private static Kind[] DemoKinds()
    {
        string[] anchors = [.. Anchors(Path.Combine(AppContext.BaseDirectory, "demo", "greedy.jsonl.gz"))];
        GenerationRequest[] Rows(int round, SamplingOptions sampling) => [.. Enumerable.Range(0, 60).Select(i => new GenerationRequest
        {
            RowId = i,
            UserMessage = anchors[((round + 1) * 30 + i / 2) % anchors.Length],
            Adapter = i % 2 == 0 ? "pos" : "neg",
            Sampling = sampling with { Seed = round },
        })];
        return [new("pos and neg, greedy", r => Rows(r, SamplingOptions.Greedy)), new("pos and neg, sampled", r => Rows(r, Sampled))];
    }

    /// <summary>Random weights: a greedy answer soon turns in circles, a sampled one never comes to what was before.</summary>
    private static Kind[] ShapedKinds()
    {
        GenerationRequest[] Rows(int round, SamplingOptions sampling)
        {
            var random = new Random(round);
            return [.. Enumerable.Range(0, 2).Select(i => new GenerationRequest
            {
                RowId = i,
                PromptTokens = [.. Enumerable.Range(0, 100).Select(_ => random.Next(200, 200_000))],
                MaxNewTokens = 48,
                Sampling = sampling,
                IgnoreStopTokens = true,
            })];
        }
        return [new("random prompts, greedy", r => Rows(r, SamplingOptions.Greedy)), new("random prompts, sampled", r => Rows(r, Sampled))];
    }

    private static IEnumerable<string> Anchors(string file)
    {
        using var reader = new StreamReader(new System.IO.Compression.GZipStream(
            File.OpenRead(file), System.IO.Compression.CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            using var json = JsonDocument.Parse(line);
            yield return json.RootElement.GetProperty("sent0").GetString()!;
        }
    }
}
