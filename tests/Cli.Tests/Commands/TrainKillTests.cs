namespace XlLoraOnnx.Cli.Tests;

/// <summary>A training in a process of its own that is killed. All trainings have its loop; what happens at every point of their files,
/// TrainingResumeTests know.</summary>
[TestClass]
public sealed class TrainKillTests
{
    [TestMethod]
    public void TrainFusion_KilledAfterACheckpoint_EndsWithTheSameBits()
    {
        using var folder = new TemporaryFolder();
        folder.Write("rows.csv",
            "text,label,source_text\nel pan,0,the bread\nla puerta,1,the door\nel vino bueno,2,the good wine\n");
        string[] command =
        [
            "train", "fusion", "--model", Repository.Data("models", "flare-xlmr", "base"), "--task", "nusax", "--data", "rows.csv",
            "--translated", "source", "--rank", "4", "--max-length", "24", "--batch-size", "2", "--max-steps", "16", "--save-steps", "2",
        ];
        var undisturbed = CommandLine.Run(folder.Path, [.. command, "--output", "undisturbed"]);
        Assert.AreEqual(0, undisturbed.ExitCode, undisturbed.Error);

        CommandLine.RunAndKill(folder.Path, () => HasCheckpoint(folder.File("killed.partial")), [.. command, "--output", "killed"]);
        Assert.IsFalse(Directory.Exists(folder.File("killed")));
        var result = CommandLine.Run(folder.Path, [.. command, "--output", "killed"]);

        Assert.AreEqual(0, result.ExitCode, result.Error);
        foreach (var name in (string[])["adapter_model.safetensors", "curves.csv"])
            CollectionAssert.AreEqual(File.ReadAllBytes(Path.Combine(folder.File("undisturbed"), name)),
                File.ReadAllBytes(Path.Combine(folder.File("killed"), name)), name);
    }

    private static bool HasCheckpoint(string run) => Directory.Exists(run) && Directory.EnumerateDirectories(run, "checkpoint-*")
        .Any(path => !path.EndsWith(".partial", StringComparison.Ordinal));
}
