using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using XlLoraOnnx.Exporter;
using XlLoraOnnx.Tests;
using XlLoraOnnx.Training;

namespace XlLoraOnnx.Benchmarks;

/// <summary>A step of contrastive training, optimizer included, beside the forward pass of the same batch in inference; and what memory it
/// takes with layers kept and with layers computed again.</summary>
internal static class TrainingSpeed
{
    private const int TextsPerRow = 3, Rounds = 3;

    /// <param name="Rows">Of a batch; three texts each.</param>
    /// <param name="Length">Tokens of a text.</param>
    private sealed record Shape(string Name, int Layers, int Hidden, int Heads, int Intermediate, int Vocabulary, int Rows, int Length);

    private static readonly Shape[] Shapes =
    [
        // that of onnx-models/demo-encoder, and the mean length of what it is trained on
        new("demo", 4, 128, 4, 384, 5_000, 128, 24),
        new("demo-512", 4, 128, 4, 384, 5_000, 512, 24),
        new("xlm-r-base", 12, 768, 12, 3_072, 250_002, 64, 32),
    ];

    private static readonly string[] Ways = ["layers kept", "layers kept, dropout 0.1", "layers computed again"];

    private static readonly string[] Architectures = ["XLMRobertaModel"];

    /// <summary>Each way in a process of its own, whose peak is that way's.</summary>
    /// <param name="only">Name of a shape; null for all.</param>
    /// <param name="memoryOnly">No times.</param>
    public static void Run(string? only, bool memoryOnly)
    {
        Console.WriteLine($"{Environment.ProcessorCount} cores, ONNX Runtime {OrtEnv.Instance().GetVersionString()}, {Rounds} rounds after two "
            + "that are not counted, forward pass and step in turns; medians");
        Console.WriteLine();
        Console.WriteLine("| shape | way | forward, s | step, s | step / forward | rounds | peak of a process that only trains, MB | of which beyond weights and moments |");
        Console.WriteLine("|---|---|--:|--:|--:|---|--:|--:|");
        foreach (var shape in Shapes.Where(s => only is null || s.Name == only))
        {
            var root = Directory.CreateTempSubdirectory("training");
            try
            {
                Write(shape, Path.Combine(root.FullName, "checkpoint"));
                ModelExporter.Export(Path.Combine(root.FullName, "checkpoint"), Path.Combine(root.FullName, "model"), new ExportOptions());
                foreach (var way in Ways)
                    Console.WriteLine($"| {shape.Name} | {way} | {(memoryOnly ? "| | |" : Child(shape, way, "speed", root))} | {Child(shape, way, "memory", root)} |");
            }
            finally
            {
                root.Delete(recursive: true);
            }
        }
    }

    /// <summary>What a child process does, and says in one line.</summary>
    public static void Measure(string shapeName, string way, string what, string root)
    {
        var shape = Shapes.Single(s => s.Name == shapeName);
        using var checkpoint = EncoderCheckpoint.Open(Path.Combine(root, "checkpoint"));
        using var parameters = new CheckpointParameters(checkpoint.Weights, checkpoint.Graph);
        var dropout = way == Ways[1] ? new DropoutRates(0.1, 0.1, 0.1, 0.1) : default;
        var settings = new ContrastiveSettings("pool.avg_first_last", TextsPerRow) { Checkpointing = way == Ways[2], Dropout = dropout };
        using var steps = new EncoderSteps(checkpoint.Graph, settings, parameters.All, chunkTexts: null, threads: 0, seed: 1);
        using var optimizer = new AdamW(parameters.All, new TrainingOptions());
        var gradients = parameters.All.Select(p => new ParameterGradient(p)).ToArray();
        var batch = Batch(shape);
        if (what == "memory")
        {
            for (var round = 0; round < 3; round++)
                Step(round);
            var peak = GenerationSpeed.Status("VmHWM") / 1e6;
            // weights, first and second moment
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{peak:0} | {peak - 12e-6 * parameters.Count:0}"));
            return;
        }
        using var options = new SessionOptions();
        using var inference = new InferenceSession(Path.Combine(root, "model", "model.onnx"), options);
        using var ids = OrtValue.CreateTensorValueFromMemory(batch.InputIds, [batch.Count, batch.Length]);
        using var mask = OrtValue.CreateTensorValueFromMemory(batch.AttentionMask, [batch.Count, batch.Length]);
        var (forwards, all) = (new List<double>(), new List<double>());
        for (var round = -2; round < Rounds; round++)
        {
            var forward = Seconds(Forward);
            var step = Seconds(() => Step(round + 2));
            if (round < 0)
                continue;
            forwards.Add(forward);
            all.Add(step);
        }
        var ratios = forwards.Zip(all, (f, s) => s / f).ToArray();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Median(forwards):0.000} | {Median(all):0.000} | {Median(ratios):0.00} | {string.Join(", ", ratios.Select(r => r.ToString("0.00", CultureInfo.InvariantCulture)))}"));

        void Forward()
        {
            using var run = new RunOptions();
            using var outputs = inference.Run(run, ["input_ids", "attention_mask"], [ids, mask], ["sentence_embedding"]);
        }

        // as the loop makes it
        void Step(long index)
        {
            foreach (var gradient in gradients)
                gradient.Clear();
            steps.ComputeGradients(batch, index, gradients, CancellationToken.None);
            var norm = GradientClipping.Norm(gradients, Environment.ProcessorCount);
            optimizer.Step(gradients, 1e-5, GradientClipping.Coefficient(norm, 1));
        }
    }

    private static string Child(Shape shape, string way, string what, DirectoryInfo root)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        // run by dotnet, the program is its first argument
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(TrainingSpeed).Assembly.Location);
        foreach (var argument in (string[])["training-child", shape.Name, way, what, root.FullName])
            start.ArgumentList.Add(argument);
        using var child = Process.Start(start)!;
        var output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return child.ExitCode == 0 ? output.Trim() : throw new InvalidOperationException($"{shape.Name}, {way}: exit code {child.ExitCode}");
    }

    private static EncoderBatch Batch(Shape shape)
    {
        var random = new Random(2);
        return new EncoderBatch([.. Enumerable.Range(0, TextsPerRow * shape.Rows).Select(_ =>
            Enumerable.Range(0, shape.Length).Select(_ => random.Next(3, Math.Min(shape.Vocabulary, 5_000))).ToArray())], padTokenId: 1)
        {
            TextsPerRow = TextsPerRow,
            Rows = [.. Enumerable.Range(0, shape.Rows)],
        };
    }

    /// <summary>A checkpoint of XLM-RoBERTa's base size with random weights; few words, which cost nothing.</summary>
    public static void WriteBase(string folder) => Write(Shapes.Single(s => s.Name == "xlm-r-base") with { Vocabulary = 5_000 }, folder);

    private static void Write(Shape shape, string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in (string[])["tokenizer.json", "tokenizer_config.json"])
            File.Copy(Repository.DemoEncoder(file), Path.Combine(folder, file));
        File.WriteAllText(Path.Combine(folder, "config.json"), JsonSerializer.Serialize(new
        {
            architectures = Architectures,
            model_type = "xlm-roberta",
            vocab_size = shape.Vocabulary,
            hidden_size = shape.Hidden,
            num_hidden_layers = shape.Layers,
            num_attention_heads = shape.Heads,
            intermediate_size = shape.Intermediate,
            max_position_embeddings = 514,
            type_vocab_size = 1,
            pad_token_id = 1,
            layer_norm_eps = 1e-5,
            hidden_act = "gelu",
        }));
        ShapedTensors.Write(folder, "model", [.. Tensors(shape)], bytesEach: 4, _ => long.MaxValue, repeated: true);
    }

    private static IEnumerable<(string Name, long[] Shape)> Tensors(Shape shape)
    {
        long hidden = shape.Hidden, inner = shape.Intermediate;
        yield return ("embeddings.word_embeddings.weight", [shape.Vocabulary, hidden]);
        yield return ("embeddings.position_embeddings.weight", [514, hidden]);
        yield return ("embeddings.token_type_embeddings.weight", [1, hidden]);
        string[] norms = ["attention.output.LayerNorm", "output.LayerNorm"];
        foreach (var norm in norms.SelectMany(n => Enumerable.Range(0, shape.Layers).Select(l => $"encoder.layer.{l}.{n}"))
            .Prepend("embeddings.LayerNorm"))
        {
            yield return (norm + ".weight", [hidden]);
            yield return (norm + ".bias", [hidden]);
        }
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            foreach (var (name, to, from) in new[]
            {
                ("attention.self.query", hidden, hidden), ("attention.self.key", hidden, hidden), ("attention.self.value", hidden, hidden),
                ("attention.output.dense", hidden, hidden), ("intermediate.dense", inner, hidden), ("output.dense", hidden, inner),
            })
            {
                yield return ($"encoder.layer.{layer}.{name}.weight", [to, from]);
                yield return ($"encoder.layer.{layer}.{name}.bias", [to]);
            }
        }
    }
}
