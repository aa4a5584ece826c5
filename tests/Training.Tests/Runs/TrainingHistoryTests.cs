namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class TrainingHistoryTests
{
    [TestMethod]
    public void SmoothedLosses_OfAConstant_AreTheConstantFromTheFirstOn()
    {
        var history = new TrainingHistory();
        for (var i = 0; i < 4; i++)
            history.Add(new TrainedStep(2.5, 1, 1));
        foreach (var smoothed in history.SmoothedLosses)
            Assert.AreEqual(2.5, smoothed, 1e-12);
    }

    [TestMethod]
    public void SmoothedLosses_TwoLosses_AreWeightedByTheirAge()
    {
        var history = new TrainingHistory();
        history.Add(new TrainedStep(1, 1, 1));
        history.Add(new TrainedStep(3, 1, 1));
        Assert.AreEqual((0.95 * 0.05 * 1 + 0.05 * 3) / (1 - 0.95 * 0.95), history.SmoothedLosses[1], 1e-12);
    }

    [TestMethod]
    public void Best_EqualScores_IsTheEarlier()
    {
        var history = new TrainingHistory();
        Assert.IsNull(history.Best);
        Assert.IsTrue(history.Add(new DevEvaluation(0, [new DevScore("a", 1), new DevScore("b", 9)])));
        Assert.IsFalse(history.Add(new DevEvaluation(5, [new DevScore("a", 1), new DevScore("b", 10)])));
        Assert.AreEqual(0, history.Best!.Step);
        Assert.AreEqual(1, history.EvaluationsSinceBest);
        Assert.IsFalse(new TrainingHistory().Add(new DevEvaluation(0, [])));
    }

    [TestMethod]
    public void State_WrittenAndRead_GivesTheSameHistoryToTheLastBit()
    {
        using var folder = new TemporaryFolder();
        var state = new CheckpointState
        {
            Identity = "base=a",
            Step = 2,
            Optimizer = [new MomentState("w", 2, [1, 255])],
            Steps = [new TrainedStep(0.1 + 0.2, 5e-5 / 3, 1e-300), new TrainedStep(1 / 3.0, 0, double.Epsilon)],
            Evaluations = [new DevEvaluation(0, []), new DevEvaluation(2, [new DevScore("sts, \"dev\"", double.NaN), new("é", -0.0)])],
        };
        using (var file = File.Create(folder.File("state.json")))
            state.Write(file);
        var read = CheckpointState.Read(folder.File("state.json"));
        CollectionAssert.AreEqual(state.Steps.ToArray(), read.Steps.ToArray());
        CollectionAssert.AreEqual(state.Evaluations[1].Scores.ToArray(), read.Evaluations[1].Scores.ToArray());
        CollectionAssert.AreEqual(state.Optimizer[0].Touched, read.Optimizer[0].Touched);
        Assert.AreEqual(state.Identity, read.Identity);
        Assert.HasCount(2, read.History().Evaluations);
    }
}
