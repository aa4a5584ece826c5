namespace XlLoraOnnx.Cli.Tests;

/// <summary>Trainings in processes of their own that are killed; what happens at every point of their files, TrainingResumeTests know.
/// </summary>
[TestClass]
public sealed class TrainKillTests
{
    private static readonly string[] Runs = ["--batch-size", "2", "--max-length", "24", "--threads", "1", "--save-steps", "2"];

    [TestMethod]
    [DataRow("encoder", "model.safetensors")]
    [DataRow("adapter", "adapter_model.safetensors")]
    [DataRow("fusion", "adapter_model.safetensors")]
    public void Train_KilledAfterACheckpoint_EndsWithTheSameBits(string verb, string weights)
    {
        using var folder = new TemporaryFolder();
        string[] command = ["train", verb, .. Arguments(verb, folder), .. Runs];
        var undisturbed = CommandLine.Run(folder.Path, [.. command, "--output", "undisturbed"]);
        Assert.AreEqual(0, undisturbed.ExitCode, undisturbed.Error);

        CommandLine.RunAndKill(folder.Path, () => HasCheckpoint(folder.File("killed.partial")), [.. command, "--output", "killed"]);
        Assert.IsFalse(Directory.Exists(folder.File("killed")));
        var result = CommandLine.Run(folder.Path, [.. command, "--output", "killed"]);

        Assert.AreEqual(0, result.ExitCode, result.Error);
        foreach (var name in (string[])[weights, "curves.csv"])
            CollectionAssert.AreEqual(File.ReadAllBytes(Path.Combine(folder.File("undisturbed"), name)),
                File.ReadAllBytes(Path.Combine(folder.File("killed"), name)), name);
    }

    private static string[] Arguments(string verb, TemporaryFolder folder)
    {
        string[] words = ["bread", "a house", "the door", "wine and water"];
        var pairs = "sent0,sent1\n" + string.Concat(words.Select(w => $"{w} is here,there is {w}\n"));
        return verb switch
        {
            "encoder" => ["--model", Repository.Data("models", "bert"), "--data", folder.Write("pairs.csv", pairs), "--max-steps", "40"],
            "adapter" => ["--model", Repository.Demo("base"), "--data", folder.Write("pairs.csv", pairs),
                "--side", "positive", "--language", "Hausa", "--target-modules", "q_proj", "--max-steps", "12"],
            _ => ["--model", Repository.Data("models", "flare-xlmr", "base"), "--task", "nusax", "--data", folder.Write("rows.csv",
                "text,label,source_text\nel pan,0,the bread\nla puerta,1,the door\nel vino bueno,2,the good wine\n"), "--rank", "4",
                "--max-steps", "40"],
        };
    }

    private static bool HasCheckpoint(string partial) =>
        Directory.Exists(partial) && Directory.EnumerateDirectories(partial, "checkpoint-*", SearchOption.AllDirectories).Any();
}
