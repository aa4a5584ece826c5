using System.Diagnostics;
using System.Globalization;
using XlLoraOnnx.Exporter;
using XlLoraOnnx.Training;

namespace XlLoraOnnx.Cli;

/// <summary>
/// <c>demo --full</c>: XL-LoRA from its beginning, on the closed world. Two adapters are trained on the base, write triplets for sentences
/// that nobody labelled, an encoder is trained on these, and is measured before and after.
/// </summary>
/// <remarks>Each step leaves a folder and is not made again where that is there; a training that was interrupted goes on.</remarks>
internal sealed class FullDemo(string folder, long? limit)
{
    // 48 rows a step, as the demonstration's own adapters and its base were trained, in batches of rows of one length; fewer steps than
    // these had, for the time they take
    private const int AdapterBatch = 12, AdapterBatches = 4, PositiveSteps = 300, NegativeSteps = 500;
    private const double PositiveLearningRate = 1e-3, NegativeLearningRate = 4e-3;

    // as the reference of this encoder was trained, but for three epochs less
    private const int EncoderEpochs = 5, EncoderBatch = 64, MaxLength = 64;
    private const double EncoderLearningRate = 3e-4;

    private const int TrainingRows = 6000;

    private readonly int _rows = (int)Math.Min(limit ?? TrainingRows, TrainingRows);

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        ClaimFolder();
        DemoCommand.Headline("1 of 5", "train adapters: one writes what follows, one what contradicts; the base stays as it is");
        var positive = await TrainAsync(AdapterSide.Positive, "pos", PositiveSteps, PositiveLearningRate, cancellationToken).ConfigureAwait(false);
        var negative = await TrainAsync(AdapterSide.Negative, "neg", NegativeSteps, NegativeLearningRate, cancellationToken).ConfigureAwait(false);

        DemoCommand.Headline("2 of 5", "synthesize: triplets for the sentences of training, and for 600 others, whose truth is known");
        var model = Export("model", DemoMaterial.Base,
            new ExportOptions { Adapters = new Dictionary<string, string> { ["pos"] = positive, ["neg"] = negative } }, cancellationToken);
        var truth = await GroundTruth.ReadAsync(DemoMaterial.Truth, cancellationToken).ConfigureAwait(false);
        var (held, triplets) = await SynthesizeAsync(model, truth, cancellationToken).ConfigureAwait(false);

        if (triplets.Triplets == 0)
            throw new InvalidOperationException($"The adapters learned too little from {_rows} rows: every answer was rejected, so that there "
                + $"is nothing to train an encoder on. Give a larger --limit, and another --output than {folder}.");

        DemoCommand.Headline("3 of 5", "evaluate: the encoder as it is, which has seen no triplets");
        var before = await EvaluateAsync(DemoMaterial.ExportedEncoder(cancellationToken), "demo-encoder", cancellationToken)
            .ConfigureAwait(false);

        DemoCommand.Headline("4 of 5", $"train the encoder on {Quantities.Count(triplets.Triplets)} triplets");
        var encoder = await TrainEncoderAsync(cancellationToken).ConfigureAwait(false);

        DemoCommand.Headline("5 of 5", "evaluate: the encoder after it, and whether the difference is more than chance");
        var trained = Export("encoder-model", encoder, new ExportOptions(), cancellationToken);
        var after = await EvaluateAsync(trained, "demo-encoder-trained", cancellationToken).ConfigureAwait(false);
        var comparison = await EvaluationComparer.CompareAsync(before, after, cancellationToken: cancellationToken).ConfigureAwait(false);
        ComparisonView.Write(comparison, svg: null);

        var page = Path.Combine(folder, "demo.html");
        await File.WriteAllTextAsync(page, FullDemoPage.Write(new FullDemoResult
        {
            Anchors = held.Rows,
            Held = await HeldAsync(cancellationToken).ConfigureAwait(false),
            Truth = truth,
            Triplets = triplets.Triplets,
            Comparison = comparison,
            Curves = [.. new[] { positive, negative, encoder }.Select(f => File.ReadAllText(Path.Combine(f, "curves.svg")))],
        }), cancellationToken).ConfigureAwait(false);
        Console.Out.WriteLine($"\nall of it in {Quantities.Duration(Stopwatch.GetElapsedTime(start))}; one page of it: {page}");
        return ExitCodes.Succeeded;
    }

    private async Task<string> TrainAsync(
        AdapterSide side, string name, int steps, double learningRate, CancellationToken cancellationToken)
    {
        var output = Path.Combine(folder, "adapters", name);
        if (IsThere(output))
            return output;
        var options = new AdapterTrainingOptions
        {
            Side = side,
            // the prompt that synthesize asks with: nothing is to be shown here by another one
            PromptSet = "xllora-gen-v1",
            Dropout = 0,
            // its base was trained on answers alone, so that the mark of a turn would have to be learned first
            AssistantOnly = true,
            GradientAccumulation = AdapterBatches,
            TrainRows = _rows,
            BaseModelName = "demo-gemma3",
        };
        var training = new TrainingOptions
        {
            BatchSize = AdapterBatch,
            MaxSteps = Math.Max(1, (long)steps * _rows / TrainingRows),
            LearningRate = learningRate,
        };
        using var display = new TrainingProgressDisplay();
        var report = await AdapterTrainer.TrainAsync(DemoMaterial.Base, DemoMaterial.Training, output, options, training, display,
            cancellationToken).ConfigureAwait(false);
        display.Dispose();
        TrainingReportView.Write(report);
        return output;
    }

    private async Task<string> TrainEncoderAsync(CancellationToken cancellationToken)
    {
        var output = Path.Combine(folder, "encoder");
        if (IsThere(output))
            return output;
        var options = new EncoderTrainingOptions
        {
            MaxLength = MaxLength,
            // anchors are longer in tokens than English sentences: chunks are of texts of one length
            ChunkSize = EncoderBatch,
            DevSets = DemoMaterial.Evaluation,
        };
        var training = new TrainingOptions { Epochs = EncoderEpochs, BatchSize = EncoderBatch, LearningRate = EncoderLearningRate };
        using var display = new TrainingProgressDisplay();
        var report = await EncoderTrainer.TrainAsync(DemoMaterial.Encoder, TripletFile, output, options, training, display,
            cancellationToken).ConfigureAwait(false);
        display.Dispose();
        TrainingReportView.Write(report);
        return output;
    }

    private string TripletFile => Path.Combine(folder, "triplets.csv");

    private async Task<(SynthesisReport Held, SynthesisReport Triplets)> SynthesizeAsync(
        string modelFolder, GroundTruth truth, CancellationToken cancellationToken)
    {
        using var model = XlLoraModel.Load(modelFolder);
        var held = await DemoCommand.SynthesizeAsync(
            model, DemoMaterial.Anchors, Path.Combine(folder, "held-out.csv"), limit, truth, cancellationToken).ConfigureAwait(false);
        return (held, await DemoCommand.SynthesizeAsync(
            model, DemoMaterial.Training, TripletFile, _rows, truth: null, cancellationToken).ConfigureAwait(false));
    }

    /// <returns>The folder of its results.</returns>
    private async Task<string> EvaluateAsync(string modelFolder, string name, CancellationToken cancellationToken)
    {
        using var embedder = TextEmbedder.Load(modelFolder, new EmbeddingOptions { MaxSequenceLength = MaxLength, ModelName = name });
        return await DemoCommand.EvaluateAsync(embedder, folder, cancellationToken).ConfigureAwait(false);
    }

    private string Export(string name, string checkpoint, ExportOptions options, CancellationToken cancellationToken)
    {
        var output = Path.Combine(folder, name);
        if (!IsThere(output))
            ModelExporter.Export(checkpoint, output, options, progress: null, cancellationToken);
        return output;
    }

    /// <summary>What lies in the folder is gone on with, so that it must be of as many rows.</summary>
    /// <exception cref="IOException">It is of another number.</exception>
    private void ClaimFolder()
    {
        var file = Path.Combine(folder, "rows.txt");
        var rows = _rows.ToString(CultureInfo.InvariantCulture);
        if (File.Exists(file) && File.ReadAllText(file).Trim() is var found && found != rows)
            throw new IOException($"{folder} holds a demonstration with {found} rows of training, and this one has {rows}. Give another "
                + "--output, or the --limit of that one, with which it goes on.");
        File.WriteAllText(file, rows);
    }

    /// <summary>Folders appear under their names when they are whole.</summary>
    private static bool IsThere(string output)
    {
        if (!Directory.Exists(output))
            return false;
        Console.Out.WriteLine($"{output} is there, and is used as it is");
        return true;
    }

    /// <summary>What was written for the anchors whose truth is known.</summary>
    private async Task<IReadOnlyList<SynthesisResult>> HeldAsync(CancellationToken cancellationToken)
    {
        var all = new List<SynthesisResult>();
        var triplets = Dataset.Open(Path.Combine(folder, "held-out.csv"));
        await foreach (var row in triplets.RecordsAsync(["sent0", "sent1", "hard_neg"], open: null, cancellationToken).ConfigureAwait(false))
            all.Add(new SynthesisResult { RowId = all.Count, Sent0 = row[0] ?? "", Sent1 = row[1], HardNeg = row[2] });
        return all;
    }
}
