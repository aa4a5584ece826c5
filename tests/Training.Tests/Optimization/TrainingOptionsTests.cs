namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class TrainingOptionsTests
{
    [TestMethod]
    public void Validate_Defaults_AreAllowed() => new TrainingOptions().Validate();

    [TestMethod]
    public void Validate_EverythingWrong_NamesAllAtOnce()
    {
        var options = new TrainingOptions
        {
            Epochs = 0,
            MaxSteps = -1,
            BatchSize = 0,
            LearningRate = double.NaN,
            Schedule = (LearningRateSchedule)9,
            WarmupSteps = -2,
            WarmupRatio = 1.5,
            WeightDecay = -0.1,
            MaxGradNorm = double.PositiveInfinity,
            AdamBeta1 = 1,
            AdamBeta2 = -0.5,
            AdamEpsilon = 0,
            SaveSteps = 0,
            EvalSteps = 0,
            Patience = 0,
            Threads = -1,
        };
        var message = Assert.ThrowsExactly<ArgumentException>(options.Validate).Message;
        foreach (var part in new[]
        {
            "Epochs is 0", "MaxSteps is -1", "BatchSize is 0", "LearningRate is NaN", "Schedule is 9", "WarmupSteps is -2",
            "WarmupRatio is 1.5", "WeightDecay is -0.1", "MaxGradNorm is Infinity", "AdamBeta1 is 1;", "AdamBeta2 is -0.5",
            "AdamEpsilon is 0", "SaveSteps is 0", "EvalSteps is 0", "Patience is 0", "Threads is -1",
        })
            StringAssert.Contains(message, part);
    }

    [TestMethod]
    public void Validate_WarmupOfAConstantSchedule_IsRefused() => StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(
        new TrainingOptions { Schedule = LearningRateSchedule.Constant, WarmupRatio = 0.03 }.Validate).Message, "ConstantWithWarmup");
}
