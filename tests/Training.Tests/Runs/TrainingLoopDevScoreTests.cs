namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class TrainingLoopDevScoreTests
{
    // every step is an epoch of its own: an evaluation before the first and after each
    private static readonly TrainingOptions Options = new() { Epochs = 5, LearningRate = 0.05, Threads = 2 };

    [TestMethod]
    public void Run_Patience_StopsAfterSoManyEvaluationsWithoutABetterScore()
    {
        using var folder = new TemporaryFolder();
        using var task = new ScriptedTask { StepsPerEpoch = 1, Scores = [1, 3, 3, 2, 4, 5] };
        var progress = new Reports();
        var result = TrainingLoop.Run(task, Options with { Patience = 2 }, folder.File("run"), progress);
        Assert.IsTrue(result.StoppedEarly);
        Assert.AreEqual(3, result.Steps);
        Assert.AreEqual(5, result.TotalSteps);
        Assert.AreEqual(3, result.WeightsOfStep, "the last ones, as transformers");
        StringAssert.Contains(progress.All[^1].Notice, "Stopped at step 3: dev spearman was best after step 1, 2 evaluations ago.");

        // taken up, it is still over
        using var again = new ScriptedTask { StepsPerEpoch = 1, Scores = [], Before = _ => Assert.Fail("no step is made") };
        var resumed = TrainingLoop.Run(again, Options with { Patience = 2 }, folder.File("run"));
        Assert.IsTrue(resumed.StoppedEarly);
        CollectionAssert.AreEqual(task.Weights, again.Weights);
    }

    [TestMethod]
    public void Run_PatienceThatIsNeverExhausted_GoesToTheEnd()
    {
        using var folder = new TemporaryFolder();
        using var task = new ScriptedTask { StepsPerEpoch = 1, Scores = [1, 0, 2, 1, 3, 3] };
        var result = TrainingLoop.Run(task, Options with { Patience = 2 }, folder.File("run"));
        Assert.IsFalse(result.StoppedEarly);
        Assert.AreEqual(5, result.Steps);
    }

    [TestMethod]
    [DataRow(new[] { 1.0, 3, 2, 2, 3, 1 }, 1)]
    [DataRow(new[] { 9.0, 3, 2, 2, 3, 1 }, 0)]
    [DataRow(new[] { 1.0, 2, 3, 4, 5, 6 }, 5)]
    [DataRow(new[] { double.NaN, double.NaN, 1, double.NaN, 0.5, 1 }, 2)]
    public void Run_LoadBestModelAtEnd_GivesTheWeightsOfTheBestScore(double[] scores, int best)
    {
        using var folder = new TemporaryFolder();
        List<float[]> weights = [];
        ScriptedTask? running = null;
        using var task = new ScriptedTask { StepsPerEpoch = 1, Scores = scores, BeforeEvaluation = _ => weights.Add(running!.Weights) };
        running = task;
        var result = TrainingLoop.Run(task, Options with { LoadBestModelAtEnd = true }, folder.File("run"));
        Assert.AreEqual(best, result.WeightsOfStep);
        Assert.AreEqual(5, result.Steps);
        CollectionAssert.AreEqual(weights[best], task.Weights);
        CollectionAssert.AreEqual(new[] { $"best-{best}" },
            Directory.GetDirectories(folder.File("run"), "best-*").Select(Path.GetFileName).ToArray());

        using var again = new ScriptedTask { StepsPerEpoch = 1, Before = _ => Assert.Fail("no step is made") };
        TrainingLoop.Run(again, Options with { LoadBestModelAtEnd = true }, folder.File("run"));
        CollectionAssert.AreEqual(weights[best], again.Weights);
    }

    [TestMethod]
    public void Run_DamagedBestWeights_AreNamed()
    {
        using var folder = new TemporaryFolder();
        using var task = new ScriptedTask { StepsPerEpoch = 1, Scores = [1, 3, 2, 2, 3, 1] };
        var options = Options with { LoadBestModelAtEnd = true };
        TrainingLoop.Run(task, options, folder.File("run"));
        File.WriteAllBytes(folder.File("run/best-1/weights.safetensors"), [1, 2, 3]);
        using var again = new ScriptedTask { StepsPerEpoch = 1 };
        var exception = Assert.ThrowsExactly<InvalidDataException>(() => TrainingLoop.Run(again, options, folder.File("run")));
        StringAssert.Contains(exception.Message, "best-1");
    }

    [TestMethod]
    public void Run_NoDevSets_IsAllowedUnlessSomethingLooksAtThem()
    {
        using var folder = new TemporaryFolder();
        using var task = new ScriptedTask { HasDevSets = false };
        TrainingLoop.Run(task, Options, folder.File("run"));
        Assert.StartsWith("step,epoch,loss,learning_rate,gradient_norm\n1,", File.ReadAllText(folder.File("run/curves.csv")));
        foreach (var options in new[] { Options with { Patience = 1 }, Options with { LoadBestModelAtEnd = true } })
        {
            var exception = Assert.ThrowsExactly<ArgumentException>(() => TrainingLoop.Run(task, options, folder.File("other")));
            StringAssert.Contains(exception.Message, "no dev sets");
        }
    }
}
