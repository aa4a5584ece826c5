namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class TrainingLoopTests
{
    private static readonly TrainingOptions Options = new() { Epochs = 2, LearningRate = 0.05, Threads = 2 };

    [TestMethod]
    public void Run_AQuadratic_Converges()
    {
        using var folder = new TemporaryFolder();
        using var task = new ScriptedTask();
        var before = task.Distance();
        var result = TrainingLoop.Run(task, Options with { Epochs = 100 }, folder.File("run"));
        Assert.AreEqual(300, result.Steps);
        Assert.AreEqual(300, result.WeightsOfStep);
        Assert.IsFalse(result.StoppedEarly);
        Assert.IsNull(result.ResumedFrom);
        Assert.IsLessThan(before / 100, task.Distance());
        Assert.HasCount(300, result.History.Steps);
        Assert.AreEqual(before, result.History.Steps[0].Loss);
        Assert.AreEqual(0.05, result.History.Steps[0].LearningRate);
        Assert.AreEqual(0.05 / 300, result.History.Steps[299].LearningRate, 1e-15);
        CollectionAssert.AreEquivalent(new[] { "checkpoint-297", "checkpoint-300", "curves.csv", "curves.svg", "training.lock" },
            Directory.GetFileSystemEntries(folder.File("run")).Select(Path.GetFileName).ToArray());
    }

    [TestMethod]
    public void Run_MaxSteps_GoBeforeEpochs()
    {
        using var folder = new TemporaryFolder();
        using var task = new ScriptedTask();
        var result = TrainingLoop.Run(task, Options with { MaxSteps = 7, EvalSteps = 2 }, folder.File("run"));
        Assert.AreEqual(7, result.Steps);
        CollectionAssert.AreEqual(new long[] { 0, 2, 3, 4, 6, 7 }, result.History.Evaluations.Select(e => e.Step).ToArray());
    }

    [TestMethod]
    public void Run_NoEvalSteps_EvaluatesBeforeTheFirstAndAfterEveryEpoch()
    {
        using var folder = new TemporaryFolder();
        using var task = new ScriptedTask();
        var result = TrainingLoop.Run(task, Options, folder.File("run"));
        CollectionAssert.AreEqual(new long[] { 0, 3, 6 }, result.History.Evaluations.Select(e => e.Step).ToArray());
    }

    [TestMethod]
    public void Run_LargeGradients_AreClippedAndTheirNormIsToldAsItWas()
    {
        using var folder = new TemporaryFolder();
        using var plain = new ScriptedTask();
        using var clipped = new ScriptedTask();
        var options = Options with { MaxSteps = 2, AdamEpsilon = 1 };
        var first = TrainingLoop.Run(plain, options with { MaxGradNorm = 0 }, folder.File("a"));
        var second = TrainingLoop.Run(clipped, options with { MaxGradNorm = 0.5 }, folder.File("b"));
        Assert.IsGreaterThan(0.5, first.History.Steps[0].GradientNorm);
        Assert.AreEqual(first.History.Steps[0].GradientNorm, second.History.Steps[0].GradientNorm);
        Assert.IsGreaterThan(first.History.Steps[1].Loss, second.History.Steps[1].Loss, "with an epsilon of 1 smaller gradients move less");
    }

    [TestMethod]
    public void Run_Threads_GiveTheSameWeightsAndCurves()
    {
        using var folder = new TemporaryFolder();
        var results = new[] { 1, 2, 5 }.Select(threads =>
        {
            using var task = new ScriptedTask();
            TrainingLoop.Run(task, Options with { Threads = threads }, folder.File($"run{threads}"));
            return (task.Weights, Curves: File.ReadAllText(folder.File($"run{threads}/curves.csv")));
        }).ToArray();
        CollectionAssert.AreEqual(results[0].Weights, results[1].Weights);
        CollectionAssert.AreEqual(results[0].Weights, results[2].Weights);
        Assert.AreEqual(results[0].Curves, results[1].Curves);
        Assert.AreEqual(results[0].Curves, results[2].Curves);
    }

    [TestMethod]
    public void Run_Progress_TellsEveryStepAndEvaluation()
    {
        using var folder = new TemporaryFolder();
        using var task = new ScriptedTask();
        var progress = new Reports();
        TrainingLoop.Run(task, Options, folder.File("run"), progress, new SteppingTime());
        CollectionAssert.AreEqual(new long[] { 0, 0, 1, 2, 3, 3, 4, 5, 6, 6 }, progress.All.Select(p => p.Step).ToArray());
        Assert.IsNull(progress.All[0].Loss);
        Assert.IsEmpty(progress.All[0].DevScores);
        Assert.IsNull(progress.All[1].TimeLeft);
        Assert.AreEqual("dev spearman", progress.All[1].DevScores[0].Name);
        var last = progress.All[^1];
        Assert.AreEqual(6, last.TotalSteps);
        Assert.AreEqual(2.0, last.Epoch);
        Assert.AreEqual(0.05 / 6, last.LearningRate!.Value, 1e-15);
        Assert.IsGreaterThan(0.0, last.GradientNorm!.Value);
        Assert.IsGreaterThan(last.Loss!.Value, last.SmoothedLoss!.Value, "the losses before were larger");
        // a second passes whenever the time is looked at: twice in a step
        Assert.AreEqual(8.0, last.RowsPerSecond);
        Assert.AreEqual(100.0, last.TokensPerSecond);
        Assert.AreEqual(TimeSpan.Zero, last.TimeLeft);
        Assert.IsGreaterThan(TimeSpan.Zero, progress.All[5].TimeLeft!.Value);
    }

    [TestMethod]
    [DataRow(double.NaN, "The loss is NaN.")]
    [DataRow(double.PositiveInfinity, "The loss is Infinity.")]
    public void Run_ALossThatIsNoNumber_NamesTheStepAndKeepsTheCheckpoint(double loss, string expected)
    {
        using var folder = new TemporaryFolder();
        using var task = new ScriptedTask { Loss = (step, value) => step == 4 ? loss : value };
        var message = Assert.ThrowsExactly<NotFiniteLossException>(() => TrainingLoop.Run(task, Options, folder.File("run"))).Message;
        StringAssert.Contains(message, "Step 5 of 6");
        StringAssert.Contains(message, expected);
        StringAssert.Contains(message, folder.File("run/checkpoint-3"));
        WholeFolder.Verify(folder.File("run/checkpoint-3"));

        using var again = new ScriptedTask();
        Assert.AreEqual(3, TrainingLoop.Run(again, Options, folder.File("run")).ResumedFrom);
    }

    [TestMethod]
    public void Run_AGradientThatIsNoNumber_ChangesNothing()
    {
        using var folder = new TemporaryFolder();
        using var task = new ScriptedTask { GradientScale = step => step == 1 ? float.NaN : 1 };
        var message = Assert.ThrowsExactly<NotFiniteLossException>(() => TrainingLoop.Run(task, Options, folder.File("run"))).Message;
        StringAssert.Contains(message, "Step 2 of 6");
        StringAssert.Contains(message, "norm of its gradient is NaN");
        StringAssert.Contains(message, "There is no checkpoint yet.");
        Assert.IsTrue(task.Weights.All(float.IsFinite));
    }

    [TestMethod]
    public void Run_ATaskThatSaysWhere_IsQuoted()
    {
        using var folder = new TemporaryFolder();
        using var task = new ScriptedTask { Before = _ => throw new NotFiniteLossException("Rows 3 and 9: layer 2 has states of NaN.") };
        var exception = Assert.ThrowsExactly<NotFiniteLossException>(() => TrainingLoop.Run(task, Options, folder.File("run")));
        StringAssert.Contains(exception.Message, "Step 1 of 6, with the learning rate 0.05: Rows 3 and 9: layer 2 has states of NaN.");
        Assert.IsInstanceOfType<NotFiniteLossException>(exception.InnerException);
    }

    [TestMethod]
    public void Run_NothingToTrainOnOrWrongOptions_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using var task = new ScriptedTask { StepsPerEpoch = 0 };
        Assert.ThrowsExactly<ArgumentException>(() => TrainingLoop.Run(task, Options, folder.File("run")));
        Assert.ThrowsExactly<ArgumentException>(() => TrainingLoop.Run(task, Options with { Epochs = 0 }, folder.File("other")));
        Assert.IsFalse(Directory.Exists(folder.File("other")));
    }
}

internal sealed class Reports : IProgress<TrainingProgress>
{
    public List<TrainingProgress> All { get; } = [];

    public void Report(TrainingProgress value) => All.Add(value);
}

/// <summary>A second later whenever it is looked at.</summary>
internal sealed class SteppingTime : TimeProvider
{
    private long _seconds;

    public override long TimestampFrequency => 1;

    public override long GetTimestamp() => _seconds++;
}
