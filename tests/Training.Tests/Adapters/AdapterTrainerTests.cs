using XlLoraOnnx.Adapters;

namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class AdapterTrainerTests
{
    private static readonly TrainingOptions Training =
        AdapterTrainingOptions.TrainingDefaults with { Epochs = 2, BatchSize = 2, SaveSteps = 2 };
    private static readonly AdapterTrainingOptions Options =
        AdapterFiles.Positive with { GradientAccumulation = 2, TargetModules = ["q_proj"] };

    [TestMethod]
    public void Train_WithAScriptedGraph_WritesTheFolderOfThePeftAdapter()
    {
        using var folder = new TemporaryFolder();
        AdapterTaskParts? parts = null;

        var report = Train(folder, "out", made => new Task(parts = made));

        Assert.AreEqual((10, 10, 3, 6L), (report.Rows, report.Examples, report.StepsPerEpoch, report.Steps));
        Assert.AreEqual((6, 6 * 8 * (192 + 256)), (report.Modules, (int)report.Parameters));
        CollectionAssert.AreEquivalent(
            (string[])["README.md", "adapter_config.json", "adapter_model.safetensors", "curves.csv", "curves.svg"],
            Directory.GetFiles(report.Folder).Select(Path.GetFileName).ToArray());
        Assert.IsFalse(Directory.Exists(report.Folder + ".partial"));
        using var model = AdapterBase.Open(Repository.Demo("base"));
        using var adapter = PeftAdapter.Open(report.Folder, model.Slots);
        Assert.HasCount(6, adapter.Modules);
        var card = File.ReadAllText(Path.Combine(report.Folder, "README.md"));
        foreach (var fact in (string[])["| data | train\\_pos.csv, 10 rows: `sent1` after `sent0` |", parts!.Examples.Data.Sha256,
            model.Fingerprint(CancellationToken.None), "| steps | 6, 2 epochs |", "| learning rate | 0.0002, Constant |",
            "| rows of a step | 2 × 2 |", "| linear modules | 6 of 42 |", "| seed | 42 |", "base_model: \"base\"",
            "            Premise: {premise}\n"])
            StringAssert.Contains(card, fact);
    }

    [TestMethod]
    public void Train_Interrupted_EndsWithTheSameFilesWhenTakenUp()
    {
        using var folder = new TemporaryFolder();
        Train(folder, "undisturbed", parts => new Task(parts));

        Assert.ThrowsExactly<InvalidOperationException>(() => Train(folder, "killed", parts => new Task(parts) { Before = Fail }));
        Assert.IsFalse(Directory.Exists(folder.File("killed")));
        var report = Train(folder, "killed", parts => new Task(parts));

        Assert.AreEqual(4, report.ResumedFrom);
        foreach (var name in (string[])["adapter_model.safetensors", "adapter_config.json", "curves.csv"])
            CollectionAssert.AreEqual(File.ReadAllBytes(Path.Combine(folder.File("undisturbed"), name)),
                File.ReadAllBytes(Path.Combine(folder.File("killed"), name)), name);

        static void Fail(long step)
        {
            if (step == 5)
                throw new InvalidOperationException("killed");
        }
    }

    [TestMethod]
    public void Train_Cancelled_SaysWhereItGoesOn()
    {
        using var folder = new TemporaryFolder();
        using var cancellation = new CancellationTokenSource();

        var e = Assert.ThrowsExactly<TrainingInterruptedException>(() => AdapterTrainer.Train(Repository.Demo("base"),
            folder.WritePositives(10), folder.File("out"), Options, Training,
            parts => new Task(parts) { Before = _ => cancellation.Cancel() }, progress: null, cancellation.Token));

        Assert.AreEqual(folder.File("out") + ".partial", e.PartialFolder);
    }

    [TestMethod]
    public void Train_TakenUpWithAnotherRank_IsRefused()
    {
        using var folder = new TemporaryFolder();
        Assert.ThrowsExactly<InvalidOperationException>(
            () => Train(folder, "out", parts => new Task(parts) { Before = step => throw new InvalidOperationException(), FailsFrom = 3 }));

        var e = Assert.ThrowsExactly<IOException>(() => Train(folder, "out", parts => new Task(parts), Options with { Rank = 4 }));

        StringAssert.Contains(e.Message, "r (was 8, is 4)");
    }

    [TestMethod]
    public void Train_IntoAFolderThatIsNotEmpty_IsRefusedBeforeAnything()
    {
        using var folder = new TemporaryFolder();
        folder.Write("out/x.txt", "x");

        var e = Assert.ThrowsExactly<IOException>(() => Train(folder, "out", _ => throw new InvalidOperationException()));

        StringAssert.Contains(e.Message, "exists and is not empty");
    }

    [TestMethod]
    public void Train_WithDevData_ScoresBeforeAndAfter()
    {
        using var folder = new TemporaryFolder();
        var dev = folder.Write("dev.csv", "sent0,sent1\nagua,water\nleche,milk\npan,bread\n");

        var report = Train(folder, "out", parts => new Task(parts), Options with { DevData = dev });

        Assert.AreEqual("dev log-likelihood", report.ScoresBefore.Single().Name);
        // the scripted loss of a batch is one for each label
        Assert.AreEqual(-1.0, report.ScoresAfter.Single().Value);
    }

    private static AdapterTrainingReport Train(
        TemporaryFolder folder, string output, Func<AdapterTaskParts, ITrainingTask> createTask, AdapterTrainingOptions? options = null) =>
        AdapterTrainer.Train(
            Repository.Demo("base"), folder.WritePositives(10), folder.File(output), options ?? Options, Training, createTask);

    /// <summary>Gradients that are a function of the batch.</summary>
    private sealed class Task(AdapterTaskParts parts) : ITrainingTask
    {
        public Action<long>? Before { get; init; }

        public long FailsFrom { get; init; }

        public IReadOnlyList<Parameter> Parameters => parts.Parameters;

        public int StepsPerEpoch => parts.Batches.StepsPerEpoch;

        public string Fingerprint => parts.Fingerprint;

        public StepLoss ComputeGradients(long step, IReadOnlyList<ParameterGradient> gradients, CancellationToken cancellationToken)
        {
            if (step >= FailsFrom)
                Before?.Invoke(step);
            var learned = parts.Batches.Step(step);
            foreach (var batch in learned.Batches)
            {
                foreach (var gradient in gradients)
                    gradient.Add([.. TrainingSteps.Numbers(gradient.Parameter.Length, (ulong)batch.DataRows[0])]);
            }
            return new StepLoss(1.0 / learned.Labels, learned.Rows, learned.Tokens);
        }

        public IReadOnlyList<DevScore> Evaluate(CancellationToken cancellationToken) =>
            parts.Evaluate(batch => batch.Labels.Length, cancellationToken);
    }
}
