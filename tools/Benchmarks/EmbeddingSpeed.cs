using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using System.Text.Json;
using XlLoraOnnx.Exporter;
using XlLoraOnnx.Tests;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// Texts per second of an encoder on sentences of mixed length: ours, ours one text at a time, and transformers.js with the same graph file
/// at each of its batch sizes; all in one run, in turns; medians over rounds.
/// </summary>
internal static class EmbeddingSpeed
{
    private const int Texts = 1000;
    private const int MaxLength = 256;
    private const int LongestText = 12;
    private static readonly int[] PeerBatches = [1, 2, 8, 32];

    /// <param name="checkpoint">A BERT-type checkpoint; its tokenizer must be transformers.js' business, too.</param>
    public static async Task RunAsync(string repository, string checkpoint, ExportPrecision precision, int rounds)
    {
        var root = Directory.CreateTempSubdirectory("xllora-embedding-").FullName;
        try
        {
            var folder = Path.Combine(root, "model");
            ModelExporter.Export(checkpoint, folder, new ExportOptions { Precision = precision });
            using var peer = ScriptProcess.Start(
                Path.Combine(repository, "tools", "Benchmarks", "js"), "embed.mjs", PeerFolder(folder, checkpoint, root));
            using var embedder = TextEmbedder.Load(folder, new EmbeddingOptions { MaxSequenceLength = MaxLength });
            using var unbatched = TextEmbedder.Load(folder, new EmbeddingOptions { MaxSequenceLength = MaxLength, CpuBatches = 1 });
            var texts = MixedTexts();
            await embedder.EmbedAsync(texts[..100]);
            CheckEqual(await embedder.EmbedAsync(texts[..1]), Ask(peer, texts[..100], 1).Vectors[0]);

            var ours = new List<double>();
            var alone = new List<double>();
            var theirs = PeerBatches.ToDictionary(b => b, _ => new List<double>());
            for (var round = 0; round < rounds; round++)
            {
                ours.Add(await RateAsync(() => embedder.EmbedAsync(texts), texts.Length));
                alone.Add(await RateAsync(() => OneAtATimeAsync(unbatched, texts[..(Texts / 4)]), Texts / 4));
                foreach (var (batch, rates) in theirs)
                    rates.Add(texts.Length / Ask(peer, texts, batch).Seconds);
            }
            Console.WriteLine($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(checkpoint))}, {precision}");
            Print(embedder, texts, rounds, Median(ours), Median(alone), theirs.ToDictionary(t => t.Key, t => Median(t.Value)));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    /// <summary>1 to 12 sentences of the demonstration each, most of them short, in an order that says nothing of their length.</summary>
    public static string[] MixedTexts()
    {
        string[] sentences = [.. Repository.WorldLines()
            .SelectMany(line => JsonDocument.Parse(line).RootElement.GetProperty("entailments").EnumerateArray()
                .Select(e => e.GetString()!))];
        var random = new Random(1);
        return [.. Enumerable.Range(0, Texts).Select(_ => string.Join(' ', Enumerable
            .Range(0, 1 + (int)(LongestText * Math.Pow(random.NextDouble(), 2)))
            .Select(_ => sentences[random.Next(sentences.Length)])))];
    }

    /// <summary>The layout that transformers.js looks for, over the same graph and weights.</summary>
    private static string PeerFolder(string model, string checkpoint, string root)
    {
        var folder = Path.Combine(root, "peer");
        Directory.CreateDirectory(Path.Combine(folder, "onnx"));
        foreach (var file in (string[])["model.onnx", "model.onnx.data"])
            File.Copy(Path.Combine(model, file), Path.Combine(folder, "onnx", file));
        foreach (var file in (string[])["config.json", "tokenizer.json", "tokenizer_config.json"])
            File.Copy(Path.Combine(checkpoint, file), Path.Combine(folder, file));
        return folder;
    }

    private static void CheckEqual(EmbeddingMatrix ours, float[] theirs)
    {
        var cosine = TensorPrimitives.CosineSimilarity(ours[0], theirs);
        if (!(cosine > 0.9999f))
            throw new InvalidOperationException($"The vectors differ (cosine {cosine}): the two do not run the same model.");
    }

    private static EncoderAnswer Ask(ScriptProcess peer, string[] texts, int batch)
    {
        var answer = peer.Ask(new EncoderQuestion(texts, batch)).Deserialize<EncoderAnswer>(JsonSerializerOptions.Web)!;
        return answer.Error is null ? answer : throw new InvalidOperationException(answer.Error);
    }

    private static async Task OneAtATimeAsync(TextEmbedder embedder, string[] texts)
    {
        foreach (var text in texts)
            await embedder.EmbedAsync([text]);
    }

    private static async Task<double> RateAsync(Func<Task> work, int texts)
    {
        var started = Stopwatch.GetTimestamp();
        await work();
        return texts / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static void Print(TextEmbedder embedder, string[] texts, int rounds, double ours, double alone, Dictionary<int, double> theirs)
    {
        var best = theirs.MaxBy(t => t.Value);
        string Row(string name, double rate) => string.Create(
            CultureInfo.InvariantCulture, $"| {name} | {rate:0} | {ours / rate:0.00} |");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{texts.Length} texts of {texts.Average(t => t.Length):0} characters on average, {rounds} rounds; ")
            + string.Create(CultureInfo.InvariantCulture, $"useful tokens {embedder.Statistics.UsefulTokenShare * 100:0.0} %"));
        Console.WriteLine("| way | texts/s | ours is faster by |");
        Console.WriteLine("|---|--:|--:|");
        Console.WriteLine(Row("ours", ours));
        Console.WriteLine(Row("ours, one text a call, all cores for it", alone));
        foreach (var (batch, rate) in theirs)
            Console.WriteLine(Row($"transformers.js, batches of {batch}{(batch == best.Key ? " (its best)" : "")}", rate));
    }
}
