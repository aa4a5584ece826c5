using System.Globalization;
using System.Text.Json;
using XlLoraOnnx.Exporter;
using XlLoraOnnx.Tests;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// Tokens per second of a translation model of NLLB-200-distilled-600M's shape: ours, and transformers.js with the same weights in batches
/// of several sizes. Each in a process of its own that stays, one after the other, round by round; medians over the rounds.
/// </summary>
internal static class TranslationSpeed
{
    public const string Language = "hau_Latn";
    private const int Sentences = 64, Shortest = 10, Longest = 40;
    private const int WarmTokens = 4, KeptPeers = 2;
    private static readonly string?[] None = [null];

    /// <summary>Of the peer; sentences in the order of their lengths are what a careful user would give it.</summary>
    private static readonly (int Batch, bool Sorted)[] Peers = [(64, false), (32, false), (16, false), (8, false), (16, true), (8, true)];

    /// <param name="layers">Of the encoder, and of the decoder.</param>
    /// <param name="precisions">Of ours: fp32, int8.</param>
    public static void Run(int layers, int rounds, string[] precisions)
    {
        var root = Directory.CreateTempSubdirectory("xllora-translation-").FullName;
        try
        {
            Prepare(root, layers, precisions);
            Compare(root, rounds, precisions);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    /// <param name="root">A folder that <see cref="Prepare"/> filled.</param>
    public static void Compare(string root, int rounds, string[] precisions)
    {
        var sentences = MakeSentences();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Environment.ProcessorCount} cores, {sentences.Length} sentences of ")
            + string.Create(CultureInfo.InvariantCulture, $"{sentences.Average(s => s.Length):0.0} tokens, ")
            + $"{rounds} rounds, load {Load()}");
        using var peer = ScriptProcess.Start(
            Path.Combine(Environment.CurrentDirectory, "tools", "Benchmarks", "js"), "translate.mjs", Path.Combine(root, "peer"));
        var ours = precisions.SelectMany(p => (ScriptProcess[])[Serve(p, 1, "default"), Serve(p, 1, "32"), Serve(p, 4, "default")])
            .ToArray();
        var ways = new List<Way>();
        foreach (var (batch, sorted) in Peers)
            ways.Add(new Way(PeerName(batch, sorted), max => AskPeer(peer, sentences, batch, sorted, max)));
        foreach (var (i, precision) in precisions.Index())
        {
            ways.Add(Ours($"{precision}, one adapter", ours[3 * i], TranslationRun.Adapters[..1]));
            ways.Add(Ours($"{precision}, two adapters, mixed", ours[3 * i], TranslationRun.Adapters));
            ways.Add(Ours($"{precision}, no adapter", ours[3 * i], None));
            ways.Add(Ours($"{precision}, one adapter, 32 slots", ours[3 * i + 1], TranslationRun.Adapters[..1]));
            ways.Add(Ours($"{precision}, one adapter, 4 beams", ours[3 * i + 2], TranslationRun.Adapters[..1]));
        }
        try
        {
            Run(ways, rounds);
            Print(ways, precisions);
        }
        finally
        {
            foreach (var process in ours)
                process.Dispose();
        }

        ScriptProcess Serve(string precision, int beams, string slots) =>
            ScriptProcess.StartOurs("translation-serve", Path.Combine(root, precision), $"{beams}", slots);
    }

    /// <summary>All are warmed up with all sentences; then each once a round, and the order is turned round in every second.</summary>
    private static void Run(List<Way> ways, int rounds)
    {
        foreach (var way in ways)
            way.Ask(WarmTokens);
        for (var round = 0; round < rounds; round++)
        {
            foreach (var way in round % 2 == 0 ? ways : Enumerable.Reverse(ways))
            {
                var answer = way.Ask(int.MaxValue);
                way.Answers.Add(answer);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"  {way.Name}: {answer.Speed.Wall:0.0} tokens/s, {answer.Speed.Processor:0.0} a processor second"));
            }
            Console.WriteLine($"round {round + 1}, load {Load()}");
            // the other batches, and beams, are known well enough
            if (round == 0)
            {
                var slow = ways.Where(w => w.IsPeer).OrderByDescending(w => w.Answers[0].Speed.Wall).Skip(KeptPeers);
                foreach (var way in slow.ToArray())
                    Console.WriteLine($"  once: {way.Name}");
                ways.RemoveAll(w => slow.Contains(w));
            }
        }
    }

    private static Way Ours(string name, ScriptProcess process, string?[] adapters) => new(name,
        max => process.Ask(new TranslationQuestion(adapters, max)).Deserialize<TranslationAnswer>(JsonSerializerOptions.Web)!);

    private static TranslationAnswer AskPeer(ScriptProcess peer, int[][] sentences, int batch, bool sorted, int maxTokens)
    {
        var order = Enumerable.Range(0, sentences.Length).ToArray();
        if (sorted)
            order = [.. order.OrderBy(i => sentences[i].Length)];
        var answer = peer.Ask(new { sentences = order.Select(i => sentences[i]), language = LanguageId(Language), batch, maxTokens })
            .Deserialize<TranslationAnswer>(JsonSerializerOptions.Web)!;
        return answer with { Tokens = [.. answer.Tokens.Index().OrderBy(t => order[t.Index]).Select(t => t.Item)] };
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

    private static void Print(List<Way> ways, string[] precisions)
    {
        var peers = ways.Where(w => w.IsPeer).ToArray();
        var (best, plain) = (peers.MaxBy(Wall)!, peers.Where(w => !w.Name.Contains("sorted", StringComparison.Ordinal)).MaxBy(Wall)!);
        Console.WriteLine($"| way | tokens/s | against {plain.Name} | against {best.Name} | tokens a processor second | likewise | rounds |");
        Console.WriteLine("|---|--:|--:|--:|--:|--:|---|");
        foreach (var way in ways)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {way.Name} | {Wall(way):0.0} | ")
                + string.Create(CultureInfo.InvariantCulture, $"{Ratio(way, plain, v => v.Wall):0.00} | ")
                + string.Create(CultureInfo.InvariantCulture, $"{Ratio(way, best, v => v.Wall):0.00} | ")
                + string.Create(CultureInfo.InvariantCulture, $"{Median(way.Answers.Select(v => v.Speed.Processor)):0.0} | ")
                + string.Create(CultureInfo.InvariantCulture, $"{Ratio(way, plain, v => v.Processor):0.00} | ")
                + string.Join(", ", way.Answers.Select(v => v.Speed.Wall.ToString("0.0", CultureInfo.InvariantCulture))) + " |");
        }
        foreach (var precision in precisions)
        {
            var (one, mixed) = (Named($"{precision}, one adapter"), Named($"{precision}, two adapters, mixed"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{precision}: mixed {Ratio(mixed, one, v => v.Wall):P1} of one adapter, ")
                + string.Create(CultureInfo.InvariantCulture, $"by processor time {Ratio(mixed, one, v => v.Processor):P1}"));
            var tokens = Named($"{precision}, no adapter").Answers[0].Tokens;
            var same = tokens.Zip(plain.Answers[0].Tokens).Count(pair => pair.First.SequenceEqual(pair.Second));
            Console.WriteLine($"{precision}: without an adapter {same} of {tokens.Length} sentences have the tokens of {plain.Name}");
        }

        Way Named(string name) => ways.Single(w => w.Name == name);
        static double Wall(Way way) => Median(way.Answers.Select(v => v.Speed.Wall));
        static double Ratio(Way way, Way other, Func<Speed, double> of) =>
            Median(way.Answers.Zip(other.Answers, (a, b) => of(a.Speed) / of(b.Speed)));
    }

    private static string PeerName(int batch, bool sorted) => $"transformers.js, batches of {batch}{(sorted ? ", sorted" : "")}";

    private static string Load() => File.ReadAllText("/proc/loadavg").Split(' ')[0];

    /// <param name="Ask">Given how many tokens an answer may have.</param>
    private sealed record Way(string Name, Func<int, TranslationAnswer> Ask)
    {
        public List<TranslationAnswer> Answers { get; } = [];

        public bool IsPeer => Name.StartsWith("transformers", StringComparison.Ordinal);
    }
}
