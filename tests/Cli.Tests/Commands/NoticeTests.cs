using System.Text.Json.Nodes;

namespace XlLoraOnnx.Cli.Tests;

/// <summary>What the files of a model say and nobody does is said by every command that uses the model.</summary>
[TestClass]
public sealed class NoticeTests
{
    private const string Sampling = "notice: generation_config.json sets typical_p 0.9: ";

    [TestMethod]
    public void EveryCommandThatGenerates_SettingsThatNobodyApplies_NamesThem()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Repository.Demo("base").CopyTo(folder, "checkpoint");
        TestFolders.Edit(Path.Combine(checkpoint, "generation_config.json"), generation => generation["typical_p"] = 0.9);
        folder.Write("anchors.txt", "Der Fischer trägt Holz.\nMwanafunzi anabeba maji sokoni.\n");

        var exported = CommandLine.Run(folder.Path, "export", checkpoint, "--output", "model",
            "--adapter", $"pos={Repository.Demo("pos")}", "--adapter", $"neg={Repository.Demo("neg")}");
        StringAssert.Contains(exported.Output, Sampling, exported.Error);
        string[][] commands =
        [
            ["generate", "--model", "model", "Der Fischer", "--max-new-tokens", "4"],
            ["synthesize", "--model", "model", "-i", "anchors.txt", "-o", "run", "--temperature", "0.5", "--max-new-tokens", "16"],
            ["verify", "run", "--sample", "100%"],
            ["retry", "run", "--only", "length,copy"],
        ];
        foreach (var command in commands)
        {
            var result = CommandLine.Run(folder.Path, command);

            Assert.AreEqual(0, result.ExitCode, result.Output + result.Error);
            Assert.HasCount(2, result.Error.Split(Sampling), $"{command[0]} says it once: {result.Error}");
        }
    }

    [TestMethod]
    public void ExportAndEvaluate_ModelThatComparesByAnother_SayWhatIsMeasured()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Repository.DemoEncoder().CopyTo(folder, "checkpoint");
        folder.Write("checkpoint/config_sentence_transformers.json", """{"similarity_fn_name":"dot"}""");
        folder.Write("sts_test.csv", "sentence1,sentence2,score\na cat,a dog,1\na man sings,a woman sings,4\nit rains,he runs,0\n");

        var exported = CommandLine.Run(folder.Path, "export", checkpoint, "--output", "encoder");
        var inspected = CommandLine.Run(folder.Path, "inspect", checkpoint);
        var measured = CommandLine.Run(
            folder.Path, "evaluate", "--model", "encoder", "--data", "sts_test.csv", "--bootstrap", "0", "--json");

        const string Notice =
            "notice: config_sentence_transformers.json: the field \"similarity_fn_name\" is \"dot\", which is not followed: ";
        StringAssert.Contains(exported.Output, Notice, exported.Error);
        StringAssert.Contains(inspected.Output, Notice, inspected.Error);
        var report = JsonNode.Parse(measured.Output)!;
        StringAssert.StartsWith((string?)report["notices"]![0], "The authors of encoder compare its vectors by dot (similarity_fn_name)");
        Assert.HasCount(1, report["notices"]!.AsArray());
    }
}
