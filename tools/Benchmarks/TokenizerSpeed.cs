using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.ML.OnnxRuntimeGenAI;
using XlLoraOnnx.Exporter;
using XlLoraOnnx.Tests;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// Characters per second of our tokenizers on the sentences of the demonstration, on one thread, beside the tokenizer of ONNX Runtime
/// GenAI, that of transformers.js and the tokenizers library itself (Rust, called from Node): all in one run, in turns; medians over
/// rounds.
/// </summary>
internal static class TokenizerSpeed
{
    private const double Seconds = 1;
    private static readonly string[] Columns = ["ours", "GenAI 0.15.2", "transformers.js 4.3.1", "tokenizers 0.23.2 (Rust)"];

    public static void Run(string repository, int rounds)
    {
        var work = Directory.CreateTempSubdirectory("xllora-tokenizers-").FullName;
        try
        {
            var texts = Texts();
            var textsFile = Path.Combine(work, "texts.jsonl");
            File.WriteAllLines(textsFile, texts.Select(t => JsonSerializer.Serialize(t)));
            var model = Path.Combine(work, "model");
            ModelExporter.Export(Path.Combine(repository, "onnx-models", "demo-gemma3", "base"), model, new ExportOptions());
            Console.WriteLine($"{texts.Length:N0} sentences, {texts.Sum(t => t.Length):N0} characters, one thread, {rounds} rounds; " +
                "millions of characters per second");
            Console.WriteLine($"| tokenizer | {string.Join(" | ", Columns)} |");
            Console.WriteLine("|---|--:|--:|--:|--:|");
            foreach (var (name, folder) in Folders(repository))
            {
                var native = NativeFolder(model, folder, Path.Combine(work, Path.GetFileName(folder)));
                Measure(name, folder, native, texts, textsFile, Path.Combine(repository, "tools", "Benchmarks", "js"), rounds);
            }
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private static IEnumerable<(string Name, string Folder)> Folders(string repository)
    {
        var data = Path.Combine(repository, "tests", "Data", "tokenizers");
        return
        [
            ("Gemma (BPE, byte fallback)", ReferenceArchive.Resolve(data, Path.Combine(data, "gemma"))),
            ("Llama 3 (byte-level BPE)", ReferenceArchive.Resolve(data, Path.Combine(data, "llama"))),
            ("XLM-R (Unigram)", Path.Combine(repository, "onnx-models", "demo-encoder")),
            ("BERT (WordPiece)", ReferenceArchive.Resolve(data, Path.Combine(data, "bert"))),
        ];
    }

    private static string[] Texts() =>
        [.. Repository.WorldLines().SelectMany(line =>
        {
            var row = JsonDocument.Parse(line).RootElement;
            return row.GetProperty("entailments").EnumerateArray().Concat(row.GetProperty("contradictions").EnumerateArray())
                .Append(row.GetProperty("sent0")).Select(e => e.GetString()!);
        })];

    /// <summary>The native tokenizer wants a model beside it; any will do.</summary>
    private static string NativeFolder(string model, string tokenizer, string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.EnumerateFiles(model))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        foreach (var file in Directory.EnumerateFiles(tokenizer, "tokenizer*.json"))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        return folder;
    }

    private static void Measure(string name, string folder, string native, string[] texts, string textsFile, string js, int rounds)
    {
        var ours = Ours(folder, texts);
        using var genAi = GenAi.TryLoad(native, texts);
        Func<(double Speed, long Ids)?>[] peers =
        [
            () => Timed(ours, texts), () => genAi is null ? null : Timed(genAi.Run, texts),
            () => Node(js, "transformers", folder, textsFile), () => Node(js, "tokenizers", folder, textsFile),
        ];
        var speeds = peers.Select(_ => new List<double>()).ToArray();
        var ids = new long?[peers.Length];
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < peers.Length; i++)
            {
                if (peers[i]() is not { } result)
                    continue;
                speeds[i].Add(result.Speed);
                ids[i] = result.Ids;
            }
        }
        // GenAI adds no special tokens.
        var cells = speeds.Select((s, i) => s.Count == 0 ? "does not load it"
            : (s.Order().ElementAt(s.Count / 2) / 1e6).ToString("0.00", CultureInfo.InvariantCulture)
                + (i != 1 && ids[i] != ids[0] ? $" ({ids[i]:N0} ids!)" : ""));
        Console.WriteLine($"| {name}, {ids[0]:N0} ids | {string.Join(" | ", cells)} |");
    }

    private static Func<long> Ours(string folder, string[] texts)
    {
        var tokenizer = XlLoraTokenizer.Load(folder);
        var ids = new List<int>();
        return () =>
        {
            var count = 0L;
            foreach (var text in texts)
            {
                ids.Clear();
                tokenizer.EncodeToIds(text, ids);
                count += ids.Count;
            }
            return count;
        };
    }

    private static (double Speed, long Ids)? Timed(Func<long> run, string[] texts)
    {
        var ids = run();
        var characters = texts.Sum(t => (long)t.Length);
        var started = Stopwatch.GetTimestamp();
        var times = 0;
        for (; Stopwatch.GetElapsedTime(started).TotalSeconds < Seconds; times++)
            run();
        return (characters * times / Stopwatch.GetElapsedTime(started).TotalSeconds, ids);
    }

    private static (double Speed, long Ids)? Node(string js, string peer, string folder, string texts)
    {
        if (!Directory.Exists(Path.Combine(js, "node_modules")))
            throw new DirectoryNotFoundException($"'{js}' has no node_modules: run 'npm ci' there first.");
        var start = new ProcessStartInfo("node", ["speed.mjs", peer, folder, texts, Seconds.ToString(CultureInfo.InvariantCulture)])
        {
            WorkingDirectory = js,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            return null;
        var result = JsonDocument.Parse(output.Trim().Split('\n')[^1]).RootElement;
        return (result.GetProperty("speed").GetDouble(), result.GetProperty("ids").GetInt64());
    }

    private sealed class GenAi(Model model, Tokenizer tokenizer, string[] texts) : IDisposable
    {
        public static GenAi? TryLoad(string folder, string[] texts)
        {
            var model = new Model(folder);
            try
            {
                return new GenAi(model, new Tokenizer(model), texts);
            }
            catch (OnnxRuntimeGenAIException e)
            {
                model.Dispose();
                Console.Error.WriteLine(e.Message);
                return null;
            }
        }

        public long Run()
        {
            var count = 0L;
            foreach (var text in texts)
            {
                using var ids = tokenizer.Encode(text);
                count += ids[0].Length;
            }
            return count;
        }

        public void Dispose()
        {
            tokenizer.Dispose();
            model.Dispose();
        }
    }
}
