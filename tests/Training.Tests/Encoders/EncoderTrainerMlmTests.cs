namespace XlLoraOnnx.Training.Tests;

/// <summary>Runs of the demonstration's encoder with a masked language model beside the contrast.</summary>
[TestClass]
public sealed class EncoderTrainerMlmTests
{
    private const int Hidden = 128, Words = 1320;
    private const string Data = "sent0,sent1,hard_neg\nThe cook buys bread in the garden.,A cook buys bread.,The teacher sells water.\n"
        + "The teacher carries water.,Water is carried by a teacher.,The cook sleeps in the kitchen.\n"
        + "The child reads a book.,A book is read.,The child eats bread.\nThe farmer sells fruit.,Fruit is sold.,The farmer buys water.\n";

    private static readonly EncoderTrainingOptions Mlm = new() { MaskedLanguageModeling = true, MlmWeight = 1, MlmProbability = 0.3 };

    private static readonly TrainingOptions Training =
        new() { BatchSize = 2, Epochs = 2, LearningRate = 1e-3, SaveSteps = 1, Schedule = LearningRateSchedule.Constant };

    [TestMethod]
    public void Train_MaskedLanguageModel_LearnsToGuessAndSaysSo()
    {
        using var folder = new TemporaryFolder();

        var report = Train(folder, "out", Mlm, Training with { Epochs = 20, SaveSteps = 500 });

        Assert.IsLessThan(report.FirstMlmLoss!.Value / 2, report.LastMlmLoss!.Value);
        StringAssert.Contains(File.ReadAllText(Path.Combine(report.Folder, "curves.csv")), "mlm_loss");
        StringAssert.Contains(File.ReadAllText(Path.Combine(report.Folder, "README.md")), "its loss added, times 1; 0.3 of the tokens");
        using var written = SafetensorsFile.Open(Path.Combine(report.Folder, "model.safetensors"));
        Assert.IsFalse(written.Tensors.Keys.Any(name => name.StartsWith("lm_head", StringComparison.Ordinal)));
        Assert.AreEqual("avg_first_last", ModelExporter.Export(report.Folder, folder.File("exported")).Encoder!.Pooling);
    }

    [TestMethod]
    public void Train_CancelledAndTakenUp_GivesTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        using var cancellation = new CancellationTokenSource();
        var undisturbed = Train(folder, "undisturbed", Mlm, Training);

        Assert.ThrowsExactly<TrainingInterruptedException>(() =>
            Train(folder, "cancelled", Mlm, Training, new CancelAfter(2, cancellation), cancellationToken: cancellation.Token));
        using (var weights = SafetensorsFile.Open(folder.File("cancelled.partial/checkpoint-2/weights.safetensors")))
            Assert.IsTrue(weights.Tensors.ContainsKey("lm_head.dense.weight"));
        var resumed = Train(folder, "cancelled", Mlm, Training with { Threads = 1 });

        Assert.AreEqual(2L, resumed.ResumedFrom);
        foreach (var name in (string[])["model.safetensors", "curves.csv"])
            CollectionAssert.AreEqual(
                File.ReadAllBytes(Path.Combine(undisturbed.Folder, name)), File.ReadAllBytes(Path.Combine(resumed.Folder, name)), name);
    }

    [TestMethod]
    public void Train_WithoutItOnResume_IsRefusedByName()
    {
        using var folder = new TemporaryFolder();
        using var cancellation = new CancellationTokenSource();
        Assert.ThrowsExactly<TrainingInterruptedException>(() =>
            Train(folder, "out", Mlm, Training, new CancelAfter(1, cancellation), cancellationToken: cancellation.Token));

        StringAssert.Contains(Assert.ThrowsExactly<IOException>(() => Train(folder, "out", new(), Training)).Message, "do_mlm");
    }

    [TestMethod]
    public void Train_ModernBertThatDropsOut_IsTrained()
    {
        using var folder = new TemporaryFolder();
        var model = EncoderModels.WithHead(folder, "modernbert", 64, 2000);
        TestFolders.Edit(Path.Combine(model, "config.json"), c => (c["mlp_dropout"], c["attention_dropout"]) = (0.1, 0.2));

        var report = Train(folder, "out", Mlm with { Checkpointing = true }, Training, model: model);

        Assert.IsTrue(double.IsFinite(report.LastLoss));
        StringAssert.Contains(File.ReadAllText(Path.Combine(report.Folder, "README.md")),
            "embeddings 0, attention 0.2, attention output 0.2, MLP 0.1");
    }

    private static EncoderTrainingReport Train(TemporaryFolder folder, string output, EncoderTrainingOptions options,
        TrainingOptions training, IProgress<TrainingProgress>? progress = null, string? model = null,
        CancellationToken cancellationToken = default)
    {
        if (model is null && !Directory.Exists(model = folder.File("base")))
            EncoderModels.WithHead(folder, "demo-encoder", Hidden, Words);
        return EncoderTrainer.Train(model, folder.Write("triplets.csv", Data), folder.File(output), options, training,
            parts => new EncoderTask(parts), progress, cancellationToken);
    }

    private sealed class CancelAfter(long step, CancellationTokenSource cancellation) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Step == step)
                cancellation.Cancel();
        }
    }
}
