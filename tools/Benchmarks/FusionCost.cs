using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Benchmarks;

/// <summary>What it costs to read a text together with its source (FLARE): source pass and target pass of an encoder of XLM-R's base size
/// beside one plain pass of the same model, and of texts whose source was read before.</summary>
internal static class FusionCost
{
    private const int Rows = 64, Length = 128, Rank = 8, Hidden = 768, Layers = 12, Classes = 3;

    public static void Run(int rounds)
    {
        var root = Directory.CreateTempSubdirectory("fusion");
        try
        {
            var (checkpoint, model) = (Path.Combine(root.FullName, "base"), Path.Combine(root.FullName, "model"));
            TrainingSpeed.WriteBase(checkpoint);
            Console.WriteLine($"{Environment.ProcessorCount} cores, ONNX Runtime {OrtEnv.Instance().GetVersionString()}, XLM-R base, {Rows} pairs "
                + $"of {Length} tokens, float32, rank {Rank}; {rounds} rounds in turns after one that is not counted; seconds, medians");
            Console.WriteLine();
            Console.WriteLine("| function | plain pass | source and target pass | ratio | rounds | source known | ratio |");
            Console.WriteLine("|---|--:|--:|--:|---|--:|--:|");
            foreach (var function in (FusionFunction[])[FusionFunction.AddRelu, FusionFunction.MatMulRelu, FusionFunction.CrossAttention])
            {
                var run = Path.Combine(root.FullName, function.Name());
                WriteAdapter(run, function);
                ModelExporter.Export(run, model, new ExportOptions { Flare = new FlareOptions { BaseFolder = checkpoint } });
                Console.WriteLine($"| `{function.Name()}` | {Measure(model, rounds)} |");
                Directory.Delete(model, recursive: true);
            }
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    private static string Measure(string folder, int rounds)
    {
        using var fused = new FusionModel(folder, new FusionOptions { Task = "xnli", TokensPerBatch = Rows * Length, MaxSourceBytes = 4L << 30 });
        using var options = new SessionOptions();
        using var plain = new InferenceSession(Path.Combine(folder, "model.onnx"), options);
        var random = new Random(3);
        var (alone, together, known) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = -1; round < rounds; round++)
        {
            TaskRow[] rows = [.. Enumerable.Range(0, Rows).Select(i => new TaskRow(i, new EncodedTask(Text(), default, [], false), Text(), null))];
            var padded = fused.Padded([.. rows.Select(r => r.Target.Ids)], Length);
            var first = Seconds(() => Plain(plain, padded));
            var both = Seconds(() => fused.Run(fused.Rows(rows, Length), ["logits"], null));
            var again = Seconds(() => fused.Run(fused.Rows(rows, Length), ["logits"], null));
            if (round < 0)
                continue;
            alone.Add(first);
            together.Add(both);
            known.Add(again);
        }
        var ratios = together.Zip(alone, (t, a) => t / a).ToArray();
        return string.Create(CultureInfo.InvariantCulture, $"{Median(alone):0.00} | {Median(together):0.00} | **{Median(ratios):0.00}** | "
            + $"{string.Join(", ", ratios.Select(r => r.ToString("0.00", CultureInfo.InvariantCulture)))} | {Median(known):0.00} | "
            + $"{Median(known.Zip(alone, (k, a) => k / a)):0.00}");

        int[] Text() => [.. Enumerable.Range(0, Length).Select(_ => random.Next(3, 5_000))];
    }

    private static void Plain(InferenceSession session, EncoderRows rows)
    {
        using var ids = OrtValue.CreateTensorValueFromMemory(rows.InputIds, [rows.Count, rows.Length]);
        using var mask = OrtValue.CreateTensorValueFromMemory(rows.AttentionMask, [rows.Count, rows.Length]);
        using var run = new RunOptions();
        using var outputs = session.Run(run, ["input_ids", "attention_mask"], [ids, mask], ["sentence_embedding"]);
    }

    private static void WriteAdapter(string folder, FusionFunction function)
    {
        var random = new Random(4);
        var tensors = new List<FlareFolderTensor>();
        foreach (var module in Enumerable.Range(0, Layers).SelectMany(l => (string[])
            [$"roberta.encoder.layer.{l}.attention.self.query", $"roberta.encoder.layer.{l}.attention.self.value"]))
        {
            Add(module + ".lora_A.weight", Rank, Hidden);
            Add(module + ".lora_B.weight", Hidden, Rank);
            if (function != FusionFunction.CrossAttention)
                continue;
            foreach (var part in (string[])["query", "key", "value"])
            {
                Add($"{module}.fuse_cross_attention.{part}.weight", Rank, Rank);
                Add($"{module}.fuse_cross_attention.{part}.bias", Rank);
            }
        }
        Add("classifier.dense.weight", Hidden, Hidden);
        Add("classifier.dense.bias", Hidden);
        Add("classifier.out_proj.weight", Classes, Hidden);
        Add("classifier.out_proj.bias", Classes);
        FlareFolder.Write(folder, new FlareFolderFacts
        {
            Settings = new FlareSettings
            {
                Source = FlareSource.Model,
                JoinsTexts = false,
                IsTaskRun = false,
                Fusion = function,
                Alpha = 2 * Rank,
                Heads = 1,
                Task = "xnli",
                SourceLanguage = "en",
                TargetLanguage = "es",
                MaxLength = Length,
            },
            Head = FlareShape.Classification,
            Labels = Classes,
        }, tensors);

        void Add(string name, params long[] shape) => tensors.Add(FlareFolderTensor.Of(name, shape,
            [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => (float)(random.NextDouble() - 0.5) * 0.05f)]));
    }
}
