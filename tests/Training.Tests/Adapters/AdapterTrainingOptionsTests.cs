namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class AdapterTrainingOptionsTests
{
    [TestMethod]
    public void Validate_ValuesOutOfTheirRanges_AreNamedAllAtOnce()
    {
        var options = new AdapterTrainingOptions
        {
            Rank = 0,
            Alpha = -1,
            Dropout = 1,
            MaxLength = 1,
            GradientAccumulation = 0,
            TrainRows = 0,
            Language = " ",
            TargetModules = [],
        };

        var e = Assert.ThrowsExactly<ArgumentException>(options.Validate);

        foreach (var name in (string[])["Rank is 0", "Alpha is -1", "Dropout is 1", "MaxLength is 1", "GradientAccumulation is 0",
            "TrainRows is 0", "Language is empty", "TargetModules is []"])
            StringAssert.Contains(e.Message, name);
    }

    [TestMethod]
    public void Validate_TheDefaults_AreThoseOfTheMethod()
    {
        var options = new AdapterTrainingOptions();
        options.Validate();
        AdapterTrainingOptions.TrainingDefaults.Validate();

        Assert.AreEqual(2.0, options.Scale);
        Assert.AreEqual("side=none language=English prompt_set=xllora-train-v1 r=8 lora_alpha=16 lora_dropout=0.05 "
            + "target_modules=all-linear max_length=512 completion_only_loss=default gradient_accumulation=1 checkpointing=False",
            options.Identity);
    }
}
