using System.Globalization;
using System.Text.Json;
using XlLoraOnnx.Exporter;
using XlLoraOnnx.Tests;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// Tokens per second of a translation model of NLLB-200-distilled-600M's shape: ours, and transformers.js with the same weights at each of
/// its batch sizes. Each in a process of its own, one after the other, round by round; medians over the rounds.
/// </summary>
internal static class TranslationSpeed
{
    public const string Language = "hau_Latn";
    private const int Sentences = 64, Shortest = 10, Longest = 40;
    private const int KeptBatches = 2;

    /// <summary>Batches of the peer, with as many of the sentences as they get; small ones are far from its best and take long.</summary>
    private static readonly (int Batch, int Sentences)[] Batches = [(32, 64), (16, 64), (8, 32), (4, 8), (1, 2)];

    private static readonly (string Way, string Folder)[] Ours =
        [("adapters", "fp32"), ("plain", "fp32"), ("beams", "fp32"), ("adapters", "int8")];

    /// <param name="layers">Of the encoder, and of the decoder.</param>
    /// <param name="precisions">Of ours: fp32, int8.</param>
    public static async Task RunAsync(int layers, int rounds, string[] precisions)
    {
        var root = Directory.CreateTempSubdirectory("xllora-translation-").FullName;
        try
        {
            Prepare(root, layers, precisions);
            await CompareAsync(root, rounds, precisions);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    /// <param name="root">A folder that <see cref="Prepare"/> filled.</param>
    public static async Task CompareAsync(string root, int rounds, string[] precisions)
    {
        var sentences = MakeSentences();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Environment.ProcessorCount} cores, {sentences.Length} sentences of ")
            + string.Create(CultureInfo.InvariantCulture, $"{sentences.Average(s => s.Length):0.0} tokens, ")
            + $"{rounds} rounds, load {Load()}");
        var speeds = new Dictionary<string, List<Speed>>();
        var tokens = new Dictionary<string, int[][]>();
        var batches = Batches;
        for (var round = 0; round < rounds; round++)
        {
            MeasurePeer(root, sentences, batches, speeds, tokens);
            foreach (var (way, folder) in Ours.Where(o => precisions.Contains(o.Folder)))
                await MeasureAsync(root, way, folder, speeds, tokens);
            // the smaller ones are known well enough
            if (round == 0)
                batches = [.. batches.OrderByDescending(b => speeds[PeerName(b.Batch)][0].Wall).Take(KeptBatches)];
            Console.WriteLine($"round {round + 1}, load {Load()}");
        }
        Print(speeds, tokens);
    }

    /// <summary>Lengths in an order that says nothing of them; the code of a language, words, the token that ends.</summary>
    public static int[][] MakeSentences()
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, Sentences).Select(i => Shortest + i * (Longest - Shortest) / (Sentences - 1))
            .OrderBy(_ => random.Next())
            .Select(length => (int[])[
                LanguageId("eng_Latn"), .. Enumerable.Range(0, length - 2).Select(_ => random.Next(3000, ShapedTranslator.Vocabulary)),
                ShapedTranslator.StartTokenId])];
    }

    private static int LanguageId(string language) => NllbCheckpoint.Tokenizer()["added_tokens"]!.AsArray()
        .First(t => (string?)t!["content"] == language)!["id"]!.GetValue<int>();

    /// <summary>Exports, adapters and the peer's files, in a folder that may be used several times.</summary>
    public static void Prepare(string root, int layers, string[] precisions)
    {
        var shape = new ShapedTranslator(layers);
        var checkpoint = Path.Combine(root, "checkpoint");
        shape.Write(checkpoint);
        var adapters = new Dictionary<string, string>();
        foreach (var (name, seed) in TranslationRun.Adapters.Select((name, i) => (name, i + 1)))
            shape.WriteAdapter(adapters[name] = Path.Combine(root, name), seed);
        foreach (var precision in precisions)
        {
            ModelExporter.Export(checkpoint, Path.Combine(root, precision), new ExportOptions
            {
                Adapters = adapters,
                Precision = Enum.Parse<ExportPrecision>(precision, ignoreCase: true),
            });
        }
        Directory.Delete(checkpoint, recursive: true);
        new PeerTranslator(shape).Write(Path.Combine(root, "peer"));
    }

    private static void MeasurePeer(string root, int[][] sentences, (int Batch, int Sentences)[] batches,
        Dictionary<string, List<Speed>> speeds, Dictionary<string, int[][]> tokens)
    {
        var scripts = Path.Combine(Environment.CurrentDirectory, "tools", "Benchmarks", "js");
        using var peer = ScriptProcess.Start(scripts, "translate.mjs", Path.Combine(root, "peer"));
        var language = LanguageId(Language);
        // what is allocated and compiled in the first run
        peer.Ask(new { sentences = sentences[..2], language, batch = 2 });
        foreach (var (batch, given) in batches)
        {
            var answer = peer.Ask(new { sentences = sentences[..given], language, batch });
            var answers = answer.GetProperty("tokens").Deserialize<int[][]>()!;
            var count = answers.Sum(a => a.Length);
            Add(speeds, PeerName(batch), new Speed(
                count / answer.GetProperty("seconds").GetDouble(), count / answer.GetProperty("processor").GetDouble()));
            tokens[PeerName(batch)] = answers;
        }
    }

    private static async Task MeasureAsync(
        string root, string way, string folder, Dictionary<string, List<Speed>> speeds, Dictionary<string, int[][]> tokens)
    {
        var file = Path.Combine(root, "result.json");
        await GenerationSpeed.RunElsewhereAsync("translation-measure", Path.Combine(root, folder), way, file);
        foreach (var (name, result) in JsonSerializer.Deserialize<Dictionary<string, TranslationResult>>(File.ReadAllText(file))!)
        {
            Add(speeds, $"{folder}, {name}", result.Speed);
            tokens[$"{folder}, {name}"] = result.Tokens;
        }
    }

    private static void Print(Dictionary<string, List<Speed>> speeds, Dictionary<string, int[][]> tokens)
    {
        var best = speeds.Where(s => s.Key.StartsWith("transformers", StringComparison.Ordinal))
            .MaxBy(s => Median(s.Value.Select(v => v.Wall))).Key;
        Console.WriteLine("| way | tokens/s | against transformers.js at its best | tokens a processor second | likewise | rounds |");
        Console.WriteLine("|---|--:|--:|--:|--:|---|");
        foreach (var (name, values) in speeds)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {Median(values.Select(v => v.Wall)):0.0} | ")
                + string.Create(CultureInfo.InvariantCulture, $"{Ratio(name, best, v => v.Wall):0.00} | ")
                + string.Create(CultureInfo.InvariantCulture, $"{Median(values.Select(v => v.Processor)):0.0} | ")
                + string.Create(CultureInfo.InvariantCulture, $"{Ratio(name, best, v => v.Processor):0.00} | ")
                + string.Join(", ", values.Select(v => v.Wall.ToString("0.0", CultureInfo.InvariantCulture))) + " |");
        }
        foreach (var folder in Ours.Select(o => o.Folder).Distinct())
        {
            var (one, mixed) = ($"{folder}, {TranslationRun.One}", $"{folder}, {TranslationRun.Mixed}");
            if (speeds.ContainsKey(mixed))
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{folder}: mixed {Ratio(mixed, one, v => v.Wall):P1} of one adapter, ")
                    + string.Create(CultureInfo.InvariantCulture, $"by processor time {Ratio(mixed, one, v => v.Processor):P1}"));
        }
        if (tokens.TryGetValue($"fp32, {TranslationRun.Plain}", out var ours))
        {
            var same = ours.Zip(tokens[best]).Count(pair => pair.First.SequenceEqual(pair.Second));
            Console.WriteLine($"without an adapter {same} of {ours.Length} sentences have the tokens of {best}");
        }

        double Ratio(string name, string other, Func<Speed, double> of) => Median(speeds[name].Zip(speeds[other], (a, b) => of(a) / of(b)));
    }

    private static string PeerName(int batch) => $"transformers.js, batches of {batch}";

    private static void Add(Dictionary<string, List<Speed>> speeds, string name, Speed speed)
    {
        if (!speeds.TryGetValue(name, out var values))
            speeds.Add(name, values = []);
        values.Add(speed);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {name}: {speed.Wall:0.0} tokens/s, {speed.Processor:0.0} a processor second"));
    }

    private static string Load() => File.ReadAllText("/proc/loadavg").Split(' ')[0];

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
