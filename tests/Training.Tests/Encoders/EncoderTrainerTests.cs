namespace XlLoraOnnx.Training.Tests;

/// <summary>Everything around the graphs: a task without any makes the steps.</summary>
[TestClass]
public sealed class EncoderTrainerTests
{
    private const string Data = "sent0,sent1,hard_neg\nbread,the bread,water\nthe cook,a cook,the teacher\nwater,the water,bread\n";

    private static readonly TrainingOptions Training = new() { BatchSize = 2, Epochs = 2, LearningRate = 1e-3, SaveSteps = 1 };

    [TestMethod]
    public void Train_Triplets_WritesAFolderThatIsExportedAndItsCard()
    {
        using var folder = new TemporaryFolder();
        var progress = new List<TrainingProgress>();
        var options = new EncoderTrainingOptions { DevSets = [Repository.Demo("world", "sts.csv")], HardNegativeWeight = 0.5 };

        var report = Train(folder, options, progress: new Listed(progress));

        Assert.AreEqual((3, 4L, 2, 4L, false, null),
            (report.Rows, report.Steps, report.StepsPerEpoch, report.WeightsOfStep, report.StoppedEarly, report.ResumedFrom));
        Assert.AreEqual((1.0, 0.25), (report.FirstLoss, report.LastLoss));
        Assert.AreNotEqual(report.ScoresBefore[0], report.ScoresAfter[0]);
        Assert.AreEqual(4, progress[^1].Step);
        var card = File.ReadAllText(Path.Combine(report.Folder, "README.md"));
        foreach (var fact in (string[])["library_name: sentence-transformers", "3 rows: anchor, positive, hard negative", "demo-encoder",
            "| temperature | 0.05 |", "| hard negative weight (a logit) | 0.5 |", "| pooler | `avg_first_last` |", "| steps | 4, 2 epochs |",
            "| learning rate | 0.001, Linear |", "| seed | 42 |", "| loss of the first step | 1 |", "| loss of the last step | 0.25 |",
            "sha256:", "1_WeightedLayerPooling", "| Score | before | after |"])
            StringAssert.Contains(card, fact);
        Assert.IsFalse(card.Contains(folder.Path, StringComparison.Ordinal), "no path of this machine");
        CollectionAssert.IsSubsetOf((string[])["curves.csv", "curves.svg"],
            Directory.GetFiles(report.Folder).Select(Path.GetFileName).ToArray());
        Assert.IsFalse(Directory.Exists(report.Folder + ".partial"));
        Assert.AreEqual("avg_first_last", ModelExporter.Export(report.Folder, folder.File("exported")).Encoder!.Pooling);
    }

    [TestMethod]
    public void Train_CancelledAndTakenUp_GivesTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        using var cancellation = new CancellationTokenSource();
        var options = new EncoderTrainingOptions { Pooler = EncoderPooler.Cls };
        var undisturbed = Train(folder, options, output: "undisturbed");

        Assert.ThrowsExactly<OperationCanceledException>(() =>
            Train(folder, options, cancelAt: 3, cancellation: cancellation, output: "cancelled"));
        Assert.IsFalse(Directory.Exists(folder.File("cancelled")));
        var resumed = Train(folder, options, output: "cancelled");

        Assert.AreEqual(3L, resumed.ResumedFrom);
        foreach (var name in (string[])["model.safetensors", Path.Combine("2_Dense", "model.safetensors"), "curves.csv"])
            CollectionAssert.AreEqual(
                File.ReadAllBytes(Path.Combine(undisturbed.Folder, name)), File.ReadAllBytes(Path.Combine(resumed.Folder, name)), name);
    }

    [TestMethod]
    public void Train_OtherDataOnResume_IsRefusedByName()
    {
        using var folder = new TemporaryFolder();
        using var cancellation = new CancellationTokenSource();
        Assert.ThrowsExactly<OperationCanceledException>(() => Train(folder, new(), cancelAt: 2, cancellation: cancellation));

        var error = Assert.ThrowsExactly<IOException>(() => Train(folder, new() { TrainRows = 2 }));

        StringAssert.Contains(error.Message, "data");
    }

    [TestMethod]
    public void Train_MlpOnlyTrain_WritesNoDense()
    {
        using var folder = new TemporaryFolder();

        var report = Train(folder, new() { Pooler = EncoderPooler.Cls, MlpOnlyTrain = true });

        Assert.IsFalse(Directory.Exists(Path.Combine(report.Folder, "2_Dense")));
        Assert.AreEqual("cls", ModelExporter.Export(report.Folder, folder.File("exported")).Encoder!.Pooling);
    }

    [TestMethod]
    public void Train_OutputThatIsThere_IsRefusedBeforeAnythingIsRead()
    {
        using var folder = new TemporaryFolder();
        folder.Write("out/something", "");

        Assert.ThrowsExactly<IOException>(() => EncoderTrainer.Train("not/there", "not/there", folder.File("out"), new(), Training,
            _ => throw new InvalidOperationException("No task is to be made.")));
    }

    private static EncoderTrainingReport Train(TemporaryFolder folder, EncoderTrainingOptions options, int cancelAt = -1,
        CancellationTokenSource? cancellation = null, IProgress<TrainingProgress>? progress = null, string output = "out") =>
        EncoderTrainer.Train(Repository.DemoEncoder(), folder.Write("triplets.csv", Data), folder.File(output), options, Training,
            parts => new ShrinkingTask(parts, step =>
            {
                if (step == cancelAt)
                    cancellation!.Cancel();
            }), progress, cancellation?.Token ?? default);

    private sealed class Listed(List<TrainingProgress> all) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => all.Add(value);
    }

    /// <summary>Makes every weight smaller, as a decay does, and embeds texts by the table of words.</summary>
    private sealed class ShrinkingTask(EncoderTaskParts parts, Action<long> before) : ITrainingTask
    {
        public IReadOnlyList<Parameter> Parameters { get; } =
            [.. parts.Parameters.All, .. parts.Head is { } head ? [head.Weight, head.Bias] : (Parameter[])[]];

        public int StepsPerEpoch => parts.Batches.StepsPerEpoch;

        public string Fingerprint => parts.Fingerprint;

        public StepLoss ComputeGradients(long step, IReadOnlyList<ParameterGradient> gradients, CancellationToken cancellationToken)
        {
            before(step);
            cancellationToken.ThrowIfCancellationRequested();
            var batch = parts.Batches[step];
            foreach (var gradient in gradients)
            {
                var parameter = gradient.Parameter;
                if (!parameter.IsTable)
                    gradient.Add(parameter.Values);
                else if (parameter.Name.Contains("word", StringComparison.Ordinal))
                    gradient.AddRows([batch.InputIds[1]], parameter.Values.Slice((int)batch.InputIds[1] * parameter.Width, parameter.Width));
            }
            return new StepLoss(1.0 / (step + 1), batch.Rows.Count, batch.Tokens);
        }

        public IReadOnlyList<DevScore> Evaluate(CancellationToken cancellationToken) => parts.Evaluate(Embed, cancellationToken);

        private float[] Embed(EncoderBatch batch)
        {
            var words = parts.Parameters.All.Single(p => p.IsTable && p.Name.Contains("word", StringComparison.Ordinal));
            var norm = parts.Parameters.All.First(p => p.Shape.Length == 1).Values;
            var vectors = new float[batch.Count * words.Width];
            for (var text = 0; text < batch.Count; text++)
            {
                foreach (var id in batch[text])
                {
                    for (var i = 0; i < words.Width; i++)
                        vectors[text * words.Width + i] += words.Values[id * words.Width + i] + norm[i];
                }
            }
            return vectors;
        }
    }
}
