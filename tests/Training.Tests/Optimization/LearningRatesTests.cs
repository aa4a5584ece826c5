namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class LearningRatesTests
{
    private static readonly TrainingOptions Options = new() { LearningRate = 8 };

    [TestMethod]
    public void At_Linear_FallsToZeroAfterTheLastStep()
    {
        CollectionAssert.AreEqual(new double[] { 8, 6, 4, 2 }, All(Options, 4));
        Assert.AreEqual(0.0, new LearningRates(Options, 4).At(4));
    }

    [TestMethod]
    public void At_LinearWithWarmup_RisesAndFalls() =>
        CollectionAssert.AreEqual(new double[] { 0, 4, 8, 7, 6, 5, 4, 3, 2, 1 }, All(Options with { WarmupSteps = 2 }, 10));

    [TestMethod]
    public void At_WarmupRatio_IsRoundedUp()
    {
        var rates = new LearningRates(Options with { WarmupRatio = 0.25 }, 10);
        Assert.AreEqual(3, rates.WarmupSteps);
        Assert.AreEqual(8.0 / 3, rates.At(1), 1e-15);
        Assert.AreEqual(8.0, rates.At(3));
        Assert.AreEqual(8.0 / 7, rates.At(9), 1e-15);
        Assert.AreEqual(1, new LearningRates(Options with { WarmupRatio = 0.25, WarmupSteps = 1 }, 10).WarmupSteps, "steps go before");
    }

    [TestMethod]
    public void At_Constant_IsConstant() =>
        CollectionAssert.AreEqual(new double[] { 8, 8, 8 }, All(Options with { Schedule = LearningRateSchedule.Constant }, 3));

    [TestMethod]
    public void At_ConstantWithWarmup_RisesAndStays() => CollectionAssert.AreEqual(new double[] { 0, 2, 4, 6, 8, 8 },
        All(Options with { Schedule = LearningRateSchedule.ConstantWithWarmup, WarmupSteps = 4 }, 6));

    [TestMethod]
    public void At_NothingButWarmup_NeverFalls() =>
        CollectionAssert.AreEqual(new double[] { 0, 2, 4, 6 }, All(Options with { WarmupRatio = 1 }, 4));

    private static double[] All(TrainingOptions options, int steps) =>
        [.. Enumerable.Range(0, steps).Select(step => new LearningRates(options, steps).At(step))];
}
