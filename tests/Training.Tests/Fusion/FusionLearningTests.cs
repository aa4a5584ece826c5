namespace XlLoraOnnx.Training.Tests;

/// <summary>Tasks whose labels stand in one language alone.</summary>
[TestClass]
public sealed class FusionLearningTests
{
    private static readonly string[] Things = ["pan", "casa", "vino", "libro", "puerta", "agua", "mesa", "jardín"];
    private static readonly string[] Nouns = ["bread", "house", "wine", "book", "door", "water", "table", "garden"];
    private static readonly string[] Moods = ["bad", "old", "good"];

    private static readonly TrainingOptions Training =
        FusionTrainingOptions.TrainingDefaults with { Epochs = 60, BatchSize = 8, LearningRate = 2e-2, Threads = 1 };

    /// <summary>The mood is in the source and not in the target.</summary>
    [TestMethod]
    [DataRow(FusionFunction.Add)]
    [DataRow(FusionFunction.AddRelu)]
    public void Train_LabelIsInTheSource_FusionLearnsIt(FusionFunction fusion)
    {
        using var folder = new TemporaryFolder();

        var report = Train(folder, new FusionTrainingOptions { Task = TextTask.NusaX, Fusion = fusion });

        Assert.IsGreaterThan(0.95, report.ScoresAfter.Single(s => s.Name == "dev accuracy").Value);
    }

    [TestMethod]
    public void Train_LabelIsInTheSource_BothAsOneTextLearnIt()
    {
        using var folder = new TemporaryFolder();

        var report = Train(folder, new FusionTrainingOptions { Task = TextTask.NusaX, Fusion = null, JoinsTexts = true });

        Assert.IsGreaterThan(0.95, report.ScoresAfter.Single(s => s.Name == "dev accuracy").Value);
    }

    [TestMethod]
    public void Train_LabelIsInTheSource_PlainLoraCannotLearnIt()
    {
        using var folder = new TemporaryFolder();

        var report = Train(folder, new FusionTrainingOptions { Task = TextTask.NusaX, Fusion = null });

        // each text is there with all three labels
        Assert.IsLessThan(0.5, report.ScoresAfter.Single(s => s.Name == "dev accuracy").Value);
    }

    private static FusionTrainingReport Train(TemporaryFolder folder, FusionTrainingOptions options)
    {
        var rows = Enumerable.Range(0, Things.Length).SelectMany(thing => Enumerable.Range(0, Moods.Length)
            .Select(mood => $"el {Things[thing]} está aquí,{mood},the {Moods[mood]} {Nouns[thing]}"));
        var data = folder.Write("toy.csv", "text,label,source_text\n" + string.Join('\n', rows) + "\n");
        return FusionTrainer.Train(FusionModels.Base, data, folder.File("out"),
            options with { DevData = data, BaseDropout = 0, MaxLength = 32, Rank = 4, Alpha = 8 }, Training,
            parts => new FusionTask(parts));
    }
}
