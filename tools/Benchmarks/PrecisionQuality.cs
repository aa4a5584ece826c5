using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using System.Text.Json;
using XlLoraOnnx.Exporter;
using XlLoraOnnx.Tests;

namespace XlLoraOnnx.Benchmarks;

/// <summary>What each precision costs in quality: the demonstration's answers, judged by its world, and the STS of its encoder; texts per
/// second and recorded vectors of an encoder that is given.</summary>
internal static class PrecisionQuality
{
    private static readonly string[] Fields = ["sent0", "pos", "neg"];

    /// <param name="encoder">A checkpoint with <c>texts.json</c> and <c>expected.safetensors</c>, such as all-MiniLM-L6-v2; null for
    /// none.</param>
    public static async Task RunAsync(string? encoder, int rounds)
    {
        var root = Directory.CreateTempSubdirectory("xllora-precision-").FullName;
        try
        {
            Console.WriteLine("| | entailments | contradictions | as transformers' answers | STS of the encoder |\n|---|--:|--:|--:|--:|");
            foreach (var precision in PrecisionSpeed.Precisions)
                await JudgeAsync(precision, Path.Combine(root, $"{precision}"));
            if (encoder is not null)
                await EmbedAsync(encoder, root, rounds);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static async Task JudgeAsync(ExportPrecision precision, string folder)
    {
        var adapters = new Dictionary<string, string> { ["pos"] = Repository.Demo("pos"), ["neg"] = Repository.Demo("neg") };
        ModelExporter.Export(Repository.Demo("base"), folder, new ExportOptions { Precision = precision, Adapters = adapters });
        ModelExporter.Export(Repository.DemoEncoder(), folder + "-encoder",
            new ExportOptions { Precision = precision, Pooling = EmbeddingPooling.AvgFirstLast });
        var truth = await GroundTruth.ReadAsync(Repository.Demo("world", "truth.jsonl.gz"));
        string[][] expected = [.. Repository.GreedyLines().Select(line =>
        {
            using var json = JsonDocument.Parse(line);
            return Fields.Select(name => json.RootElement.GetProperty(name).GetString()!).ToArray();
        })];
        using var model = XlLoraModel.Load(folder);
        var rows = await model.SynthesizeAsync(expected.Select(e => e[0]), new SynthesisOptions { Sampling = SamplingOptions.Greedy })
            .ToArrayAsync();
        var judged = rows.Select(truth.Judge).OfType<TripletJudgement>().ToArray();
        var equal = rows.Sum(r => (r.Sent1 == expected[(int)r.RowId][1] ? 1 : 0) + (r.HardNeg == expected[(int)r.RowId][2] ? 1 : 0));
        using var generator = new XlLoraEmbeddingGenerator(folder + "-encoder");
        var sts = await EmbeddingEvaluator.EvaluateAsync(generator, [Repository.Demo("world", "sts.csv")]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {precision.ToString().ToLowerInvariant()} | "
            + $"{judged.Count(j => j.PositiveIsEntailment)} of {rows.Length} | {judged.Count(j => j.NegativeIsContradiction)} | "
            + $"{equal} of {2 * rows.Length} | {sts.Results.Average(r => r.MainScore) * 100:0.00} |"));
    }

    private static async Task EmbedAsync(string checkpoint, string root, int rounds)
    {
        var texts = JsonSerializer.Deserialize<string[]>(await File.ReadAllTextAsync(Path.Combine(checkpoint, "texts.json")))!;
        var (mixed, recorded) = (EmbeddingSpeed.MixedTexts(), Recorded(checkpoint, texts.Length));
        TextEmbedder[] embedders = [.. PrecisionSpeed.Precisions.Select(precision => TextEmbedder.Load(ModelExporter.Export(
            checkpoint, Path.Combine(root, $"given-{precision}"), new ExportOptions { Precision = precision }).Folder))];
        var speeds = embedders.Select(_ => new List<double>()).ToArray();
        for (var round = -1; round < rounds; round++)
        {
            for (var turn = 0; turn < embedders.Length; turn++)
            {
                var i = (turn + round + 1) % embedders.Length;
                var started = Stopwatch.GetTimestamp();
                await embedders[i].EmbedAsync(round < 0 ? mixed[..100] : mixed);
                if (round >= 0)
                    speeds[i].Add(mixed.Length / Stopwatch.GetElapsedTime(started).TotalSeconds);
            }
        }
        Console.WriteLine($"\n{Path.GetFileName(Path.TrimEndingDirectorySeparator(checkpoint))}, {mixed.Length} texts, {rounds} rounds");
        Console.WriteLine("| | texts/s | against fp32 | least cosine with the recorded vectors |\n|---|--:|--:|--:|");
        for (var i = 0; i < embedders.Length; i++)
        {
            var vectors = await embedders[i].EmbedAsync(texts);
            var least = Enumerable.Range(0, texts.Length).Min(t => TensorPrimitives.CosineSimilarity(vectors[t], recorded[t]));
            var name = PrecisionSpeed.Precisions[i].ToString().ToLowerInvariant();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | "
                + $"{Median(speeds[i]):0} | {Median(speeds[i].Zip(speeds[0], (a, b) => a / b)):0.00} | {least:0.0000} |"));
            embedders[i].Dispose();
        }
    }

    private static float[][] Recorded(string checkpoint, int texts)
    {
        using var file = SafetensorsFile.Open(Path.Combine(checkpoint, "expected.safetensors"));
        var vectors = file.ReadFloat32("sentence_embedding");
        return [.. vectors.Chunk(vectors.Length / texts)];
    }
}
