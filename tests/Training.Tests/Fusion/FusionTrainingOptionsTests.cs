namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class FusionTrainingOptionsTests
{
    [TestMethod]
    public void Defaults_AreThoseOfFlare()
    {
        var options = new FusionTrainingOptions { Task = TextTask.Xnli };
        options.Validate();

        Assert.AreEqual((8, 16.0, 0.0, 128, FusionFunction.AddRelu, FusionPadding.Masked),
            (options.Rank, options.Alpha, options.Dropout, options.MaxLength, options.Fusion!.Value, options.Padding));
        var training = FusionTrainingOptions.TrainingDefaults;
        Assert.AreEqual((10, 32, 2e-5, LearningRateSchedule.Linear, 0.1, 100L),
            (training.Epochs, training.BatchSize, training.LearningRate, training.Schedule, training.WarmupRatio, training.Seed));
    }

    [TestMethod]
    public void Validate_EverythingWrong_NamesAllOfIt()
    {
        var message = Assert.ThrowsExactly<ArgumentException>(() => new FusionTrainingOptions
        {
            Task = (TextTask)9,
            Rank = 0,
            Alpha = double.NaN,
            Dropout = 1,
            BaseDropout = -1,
            MaxLength = 3,
            TrainRows = 0,
            JoinsTexts = true,
            TaskAlpha = 3,
            TextLanguage = "spa_Latn",
            Padding = (FusionPadding)7,
        }.Validate()).Message;

        foreach (var name in (string[])["Task is 9", "Rank is 0", "Alpha is NaN", "Dropout is 1", "BaseDropout is -1", "MaxLength is 3",
            "TrainRows is 0", "JoinsTexts", "TaskAlpha", "TextLanguage", "Padding is 7"])
            StringAssert.Contains(message, name);
    }

    [TestMethod]
    public void Validate_HeadsThatDoNotDivideTheRank_IsRefused()
    {
        var options = new FusionTrainingOptions { Task = TextTask.NusaX, Fusion = FusionFunction.CrossAttention, CrossAttentionHeads = 3 };

        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(options.Validate).Message, "does not divide Rank 8");
    }
}
