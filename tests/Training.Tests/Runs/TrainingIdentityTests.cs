namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class TrainingIdentityTests
{
    [TestMethod]
    [DataRow("base=a data=b", "base=a data=b", null)]
    [DataRow("base=a data=b", "base=c data=b", "base (was a, is c)")]
    [DataRow("base=0123456789012345678901234 data=b", "base=a data=b", "base")]
    [DataRow("base=a", "base=a tau=0.1", "tau (was absent, is 0.1)")]
    [DataRow("0123 seed=1", "4567 seed=1", "fingerprint (was 0123, is 4567)")]
    public void Difference_OfTwo_NamesWhatDiffers(string was, string now, string? expected) =>
        Assert.AreEqual(expected, TrainingIdentity.Difference(was, now));

    [TestMethod]
    public void Of_EveryOptionThatChangesWeights_IsAnotherIdentity()
    {
        using var task = new ScriptedTask();
        var options = new TrainingOptions();
        var identity = TrainingIdentity.Of(task, options, 6);
        foreach (var other in new[]
        {
            options with { BatchSize = 9 }, options with { LearningRate = 1 }, options with { Schedule = LearningRateSchedule.Constant },
            options with { WarmupSteps = 1 }, options with { WarmupRatio = 0.5 }, options with { WeightDecay = 1 },
            options with { MaxGradNorm = 2 }, options with { AdamBeta1 = 0.5 }, options with { AdamBeta2 = 0.5 },
            options with { AdamEpsilon = 1 }, options with { Seed = 1 }, options with { EvalSteps = 1 }, options with { Patience = 1 },
            options with { LoadBestModelAtEnd = true },
        })
            Assert.IsNotNull(TrainingIdentity.Difference(identity, TrainingIdentity.Of(task, other, 6)), other.ToString());
        Assert.AreNotEqual(identity, TrainingIdentity.Of(task, options, 7));
        Assert.AreEqual(identity, TrainingIdentity.Of(task, options with { Threads = 3, SaveSteps = 1 }, 6));
    }
}
