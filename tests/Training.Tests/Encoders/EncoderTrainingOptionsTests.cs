namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class EncoderTrainingOptionsTests
{
    [TestMethod]
    public void Validate_Defaults_AreThoseOfTheReference()
    {
        var options = new EncoderTrainingOptions();

        options.Validate();
        Assert.AreEqual((EncoderPooler.AvgFirstLast, 0.05, 0.0, 32),
            (options.Pooler, options.Temperature, options.HardNegativeWeight, options.MaxLength));
        Assert.AreEqual((false, 0.1, 0.15), (options.MaskedLanguageModeling, options.MlmWeight, options.MlmProbability));
    }

    [TestMethod]
    public void Validate_SeveralWrongValues_NamesThemAll()
    {
        var options = new EncoderTrainingOptions
        {
            Pooler = (EncoderPooler)9,
            Temperature = 0,
            HardNegativeWeight = double.NaN,
            MaxLength = 0,
            ChunkSize = 0,
            TrainRows = -1,
            Dropout = 1,
            MaskedLanguageModeling = true,
            MlmWeight = 0,
            MlmProbability = 1,
        };

        var message = Assert.ThrowsExactly<ArgumentException>(options.Validate).Message;

        foreach (var name in (string[])["Pooler is 9", "Temperature is 0", "HardNegativeWeight is NaN", "MaxLength is 0", "ChunkSize is 0",
            "TrainRows is -1", "Dropout is 1", "MlmWeight is 0", "MlmProbability is 1"])
            StringAssert.Contains(message, name);
    }

    [TestMethod]
    public void Validate_MlpOfAnotherPooler_IsRefused() => StringAssert.Contains(
        Assert.ThrowsExactly<ArgumentException>(new EncoderTrainingOptions { MlpOnlyTrain = true }.Validate).Message, "MlpOnlyTrain");

    [TestMethod]
    public void Validate_WeightOfNoMaskedLanguageModel_IsRefused() => StringAssert.Contains(
        Assert.ThrowsExactly<ArgumentException>(new EncoderTrainingOptions { MlmWeight = 0.5 }.Validate).Message, "MaskedLanguageModeling");

    [TestMethod]
    public void Identity_EveryOptionThatChangesWeights_ChangesIt()
    {
        var options = new EncoderTrainingOptions();
        EncoderTrainingOptions[] others =
        [
            options with { Pooler = EncoderPooler.Avg }, options with { MlpOnlyTrain = true }, options with { Temperature = 0.1 },
            options with { HardNegativeWeight = 1 }, options with { MaxLength = 64 }, options with { ChunkSize = 4 },
            options with { Dropout = 0 }, options with { Checkpointing = true },
            options with { DevSets = ["a b.csv"] }, options with { MaskedLanguageModeling = true },
            options with { MaskedLanguageModeling = true, MlmWeight = 0.2 },
            options with { MaskedLanguageModeling = true, MlmProbability = 0.2 },
        ];

        Assert.HasCount(others.Length + 1, others.Append(options).Select(o => o.Identity).Distinct().ToArray());
        Assert.IsTrue(others.All(o => o.Identity.Split(' ').All(part => part.Contains('=', StringComparison.Ordinal))));
    }
}
