using System.Globalization;
using System.Numerics.Tensors;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// Texts per second of one encoder in one table: ours, transformers.js at each type of weights, ONNX Runtime with the graphs that optimum's
/// quantisation makes. A process each that stays; turns round by round; each peer at its best batch size.
/// </summary>
internal static class EncoderPeers
{
    private const int Texts = 500, WarmTexts = 100;
    private static readonly int[] Batches = [1, 2, 8, 32];

    private static readonly ExportPrecision[] Precisions =
        [ExportPrecision.Fp32, ExportPrecision.Int8, ExportPrecision.Int8W, ExportPrecision.Int4];

    /// <summary>dtype of transformers.js, the ending of its file, and what is in it.</summary>
    private static readonly (string Type, string Suffix, PlainPrecision Plain, ExportPrecision Like)[] Plains =
    [
        ("fp32", "", PlainPrecision.Fp32, ExportPrecision.Fp32),
        ("fp16", "_fp16", PlainPrecision.Fp16, ExportPrecision.Fp32),
        ("q8", "_quantized", PlainPrecision.Int8, ExportPrecision.Int8),
        ("uint8", "_uint8", PlainPrecision.UInt8, ExportPrecision.Int8),
    ];

    private static readonly (string Type, string Suffix, ExportPrecision Precision, ExportPrecision Like)[] Fused =
    [
        ("fp32", "", ExportPrecision.Fp32, ExportPrecision.Fp32),
        ("q4", "_q4", ExportPrecision.Int4, ExportPrecision.Int4),
        ("bnb4", "_bnb4", ExportPrecision.Nf4, ExportPrecision.Int4),
    ];

    private static readonly string[] NotMade = ["q4f16", "q2", "q2f16", "q1", "q1f16"];

    /// <param name="checkpoint">A BERT-type checkpoint such as all-MiniLM-L6-v2.</param>
    public static void Run(string checkpoint, int rounds)
    {
        var root = Directory.CreateTempSubdirectory("xllora-encoders-").FullName;
        var peers = new List<EncoderPeer>();
        try
        {
            peers.AddRange(Start(checkpoint, root));
            var texts = EmbeddingSpeed.MixedTexts()[..Texts];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{texts.Length} texts of {texts.Average(t => t.Length):0} characters on average, {Environment.ProcessorCount} cores, ")
                + $"{rounds} rounds, load {File.ReadAllText("/proc/loadavg").Trim()}");
            foreach (var peer in peers)
                peer.ChooseBatch(texts[..WarmTexts]);
            for (var round = 0; round < rounds; round++)
            {
                for (var turn = 0; turn < peers.Count; turn++)
                    peers[(turn + round) % peers.Count].Ask(texts);
            }
            Print(peers);
        }
        finally
        {
            peers.ForEach(p => p.Dispose());
            Directory.Delete(root, recursive: true);
        }
    }

    private static IEnumerable<EncoderPeer> Start(string checkpoint, string root)
    {
        var script = Path.Combine(Environment.CurrentDirectory, "tools", "Benchmarks", "js");
        foreach (var precision in Precisions.Append(ExportPrecision.Nf4))
            ModelExporter.Export(checkpoint, Path.Combine(root, $"{precision}"), new ExportOptions { Precision = precision });
        foreach (var precision in Precisions)
        {
            yield return new($"ours, {precision.ToString().ToLowerInvariant()}", precision, [0],
                () => ScriptProcess.StartOurs("peers-embed", Path.Combine(root, $"{precision}")));
        }
        foreach (var (type, suffix, plain, like) in Plains)
        {
            var folder = Folder(checkpoint, Path.Combine(root, "plain-" + type));
            PlainEncoder.Write(checkpoint, Path.Combine(folder, "onnx", $"model{suffix}.onnx"), plain);
            yield return new($"transformers.js, {type}{(type == "q8" ? " and int8" : "")}", like, Batches,
                () => ScriptProcess.Start(script, "embed.mjs", folder, type));
        }
        foreach (var (type, suffix, precision, like) in Fused)
        {
            var folder = Folder(checkpoint, Path.Combine(root, "fused-" + type));
            File.Copy(Path.Combine(root, $"{precision}", "model.onnx"), Path.Combine(folder, "onnx", $"model{suffix}.onnx"));
            File.Copy(Path.Combine(root, $"{precision}", "model.onnx.data"), Path.Combine(folder, "onnx", "model.onnx.data"));
            yield return new($"transformers.js, {type}, our graph", like, Batches,
                () => ScriptProcess.Start(script, "embed.mjs", folder, type));
        }
        foreach (var type in NotMade)
            yield return new($"transformers.js, {type}", ExportPrecision.Int4, Batches, () => throw new NotSupportedException(
                "nothing here writes its graph"));
        var optimum = Path.Combine(root, "optimum.onnx");
        PlainEncoder.Write(checkpoint, optimum, PlainPrecision.UInt8Columns);
        foreach (var (name, graph, like) in ((string, string, ExportPrecision)[])[
            ("fp32", Path.Combine(root, "plain-fp32", "onnx", "model.onnx"), ExportPrecision.Fp32),
            ("quantised for AVX2", optimum, ExportPrecision.Int8)])
        {
            yield return new($"ONNX Runtime, sorted texts, {name}", like, Batches,
                () => ScriptProcess.StartOurs("peers-embed-plain", graph, checkpoint));
        }
    }

    /// <summary>The layout that transformers.js looks for.</summary>
    private static string Folder(string checkpoint, string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "onnx"));
        foreach (var file in (string[])["config.json", "tokenizer.json", "tokenizer_config.json"])
            File.Copy(Path.Combine(checkpoint, file), Path.Combine(folder, file));
        return folder;
    }

    private static void Print(List<EncoderPeer> peers)
    {
        Console.WriteLine("| | best batch | texts/s | ours of the same width is faster by | in fp32 | cosine with it | peak, MB |");
        Console.WriteLine("|---|--:|--:|--:|--:|--:|--:|");
        foreach (var peer in peers)
        {
            if (peer.Error is { } error)
            {
                Console.WriteLine($"| {peer.Name} | refuses: {error.ReplaceLineEndings(" ")} |");
                continue;
            }
            var batch = peer.Batch == 0 ? "" : $"{peer.Batch}";
            var (same, plain) = (Ratio(peers.First(p => p.Like == peer.Like), peer), Ratio(peers[0], peer));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {peer.Name} | {batch} | {Median(peer.Speeds):0} | ")
                + string.Create(CultureInfo.InvariantCulture, $"{same:0.00} | {plain:0.00} | ")
                + string.Create(CultureInfo.InvariantCulture, $"{LeastCosine(peer.Vectors, peers[0].Vectors):0.0000} | ")
                + string.Create(CultureInfo.InvariantCulture, $"{peer.PeakBytes / 1e6:0} |"));
        }
    }

    private static double Ratio(EncoderPeer ours, EncoderPeer peer) => Median(ours.Speeds.Zip(peer.Speeds, (a, b) => a / b));

    private static double LeastCosine(float[][] a, float[][] b) => a.Zip(b).Min(t => TensorPrimitives.CosineSimilarity(t.First, t.Second));
}
