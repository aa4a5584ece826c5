using System.Text.Json.Nodes;

namespace XlLoraOnnx.Cli.Tests;

[TestClass]
public sealed class SynthesizeCommandTests
{
    [TestMethod]
    public void Synthesize_Demo_ShowsTripletsAndNumbersThatShowTheAdaptersWork()
    {
        using var folder = new TemporaryFolder();

        var result = CommandLine.Run(folder.Path, "synthesize", "--demo");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        var rows = File.ReadAllLines(folder.File("triplets.csv"));
        Assert.AreEqual("sent0,sent1,hard_neg", rows[0]);
        Assert.IsGreaterThan(590, rows.Length);
        foreach (var label in new[] { "rows in", "triplets out", "rejected", "tokens/s", "useful tokens" })
            StringAssert.Contains(result.Output, label);
        Assert.IsGreaterThan(97, Percent(result.Output, "entailments"));
        Assert.IsGreaterThan(85, Percent(result.Output, "contradictions"));
        Assert.IsGreaterThanOrEqualTo(90, Percent(result.Output, "useful tokens"));
        StringAssert.Contains(result.Error, "rows/s");
    }

    [TestMethod]
    public void Synthesize_OneAbsurdlyLongAnchor_IsReportedAndTheRestGoesOn()
    {
        using var folder = new TemporaryFolder();
        var absurd = string.Concat(Enumerable.Repeat("sojan yana karanta jaridu ", 2000));
        folder.Write("anchors.csv", $"id,sent0\n1,Der Fischer trägt Holz.\n2,{absurd}\n3,\"NA\"\n4,Mwanafunzi anabeba maji sokoni.\n");

        var result = Synthesize(folder, "anchors.csv");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Contains(result.Output, "prompt-too-long");
        StringAssert.Contains(result.Output, "row 1:");
        var rows = File.ReadAllLines(folder.File("out.csv"));
        StringAssert.StartsWith(rows[1], "Der Fischer trägt Holz.,");
        StringAssert.StartsWith(rows[^1], "Mwanafunzi anabeba maji sokoni.,");
    }

    [TestMethod]
    [DataRow("anchors.csv", "text,label\nx,1\n", "sent0")]
    [DataRow("anchors.csv", "sent0\n", "no anchors")]
    [DataRow("anchors.jsonl", "{\"text\": 1}\n", "sent0")]
    [DataRow("anchors.txt", "", "no anchors")]
    public void Synthesize_BadInput_IsOneMessageAndLeavesNothing(string name, string content, string said)
    {
        using var folder = new TemporaryFolder();
        folder.Write(name, content);

        var result = Synthesize(folder, name);

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, said);
        Assert.HasCount(1, Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public void Synthesize_UnknownAdapter_NamesThoseThereAreAndLeavesNothing()
    {
        using var folder = new TemporaryFolder();
        folder.Write("anchors.txt", "Der Fischer trägt Holz.\n");

        var result = Synthesize(folder, "anchors.txt", "--positive", "positive");

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, "\"positive\"");
        Assert.HasCount(1, Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux | OperatingSystems.OSX)]
    public void Synthesize_InterruptedInTheMiddle_KeepsWhatIsDone()
    {
        using var folder = new TemporaryFolder();

        var result = CommandLine.RunAndInterrupt(folder.Path, line => Rows(line) >= 5,
            "synthesize", "--demo", "--batch-size", "1", "--output", "out.csv");

        Assert.AreEqual(130, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, "the same command goes on");
        Assert.IsFalse(File.Exists(folder.File("out.csv")));
        var again = CommandLine.Run(folder.Path, "synthesize", "--demo", "--batch-size", "1", "--output", "out.csv");
        Assert.AreEqual(0, again.ExitCode, again.Error);
        StringAssert.Contains(again.Error, "going on in");
        Assert.IsGreaterThan(590, File.ReadAllLines(folder.File("out.csv")).Length);
    }

    [TestMethod]
    public void Synthesize_OutputInAFolderThatDoesNotExist_SaysSo()
    {
        using var folder = new TemporaryFolder();
        folder.Write("anchors.txt", "Der Fischer trägt Holz.\n");

        var result = CommandLine.Run(folder.Path, "synthesize", "--model", Models.Demo, "-i", "anchors.txt", "-o", "no/such/out.csv");

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, "no/such");
    }

    [TestMethod]
    public void Run_VerifiedRetriedAndJoined_IsWhatItWasAndMore()
    {
        using var folder = new TemporaryFolder();
        folder.Write("anchors.txt",
            "Der Fischer trägt Holz.\nMwanafunzi anabeba maji sokoni.\nThe farmer carries water in the garden at noon.\n");

        foreach (var side in new[] { "positive", "negative" })
            Assert.AreEqual(0, CommandLine.Run(folder.Path, "synthesize", "--model", Models.Demo, "-i", "anchors.txt", "-o", side,
                $"--{side}-only",
                "--temperature", "0.5", "--license", "cc-by-4.0").ExitCode);
        var verified = CommandLine.Run(folder.Path, "verify", "positive", "--sample", "100%");
        var retried = CommandLine.Run(folder.Path, "retry", "positive", "--only", "length,copy");
        var joined = CommandLine.Run(folder.Path, "join", "positive", "negative", "-o", "joined.csv");

        Assert.AreEqual(0, verified.ExitCode, verified.Output + verified.Error);
        StringAssert.Contains(verified.Output, "3 of 3 answers came out the same");
        Assert.AreEqual(0, retried.ExitCode, retried.Error);
        Assert.AreEqual(0, joined.ExitCode, joined.Error);
        Assert.AreEqual("sent0,sent1,hard_neg", File.ReadLines(folder.File("joined.csv")).First());
        StringAssert.Contains(File.ReadAllText(folder.File("positive/README.md")), "cc-by-4.0");
        File.AppendAllText(folder.File("positive/triplets.jsonl"), "{}");
        var damaged = CommandLine.Run(folder.Path, "verify", "positive");
        Assert.AreEqual(1, damaged.ExitCode);
        StringAssert.Contains(damaged.Output, "FAILED triplets.jsonl");
    }

    [TestMethod]
    public void Synthesize_ParquetOutput_IsReadByTheOthersAndMayBeShared()
    {
        using var folder = new TemporaryFolder();
        folder.Write("anchors.txt", "Der Fischer trägt Holz.\nMwanafunzi anabeba maji sokoni.\n");

        var made = CommandLine.Run(folder.Path, "synthesize", "--model", Models.Demo, "-i", "anchors.txt", "-o", "my triplets.parquet");
        var verified = CommandLine.Run(folder.Path, "verify", "my triplets.run");
        var tokens = CommandLine.Run(
            folder.Path, "tokenize", "--model", Repository.Demo("base"), "-i", "my triplets.parquet", "--column", "sent0", "--json");
        var again = CommandLine.Run(folder.Path, "synthesize", "--model", Models.Demo, "-i", "my triplets.parquet", "-o", "again");
        var joined = CommandLine.Run(folder.Path, "join", "my triplets.parquet", "my triplets.run", "-o", "joined.parquet");

        Assert.AreEqual(0, made.ExitCode, made.Error);
        var upload = made.Output.Split('\n').Single(l => l.Contains("hf upload", StringComparison.Ordinal));
        StringAssert.EndsWith(
            upload.TrimEnd(), $"hf upload USER/NAME \"{folder.File("my triplets.run")}\" --repo-type dataset --exclude \"*/*\"");
        foreach (var result in new[] { verified, tokens, again, joined })
            Assert.AreEqual(0, result.ExitCode, result.Output + result.Error);
        StringAssert.Contains(verified.Output, "triplets.parquet and triplets.jsonl say the same");
        StringAssert.Contains(tokens.Output, "Der Fischer trägt Holz.");
        StringAssert.Contains(File.ReadAllText(folder.File("again/triplets.csv")), "Mwanafunzi anabeba maji sokoni.");
        Assert.AreEqual("PAR1", File.ReadAllText(folder.File("joined.parquet"))[..4]);
        StringAssert.Contains(File.ReadAllText(folder.File("my triplets.run/README.md")), "path: \"triplets.parquet\"");
    }

    [TestMethod]
    public void Run_MovedWithItsInputAndAskedForFromElsewhere_IsTakenUp()
    {
        using var folder = new TemporaryFolder();
        folder.Write("before/anchors.txt", "Der Fischer trägt Holz.\nMwanafunzi anabeba maji sokoni.\n");
        folder.Write("before/examples.csv", "sent0,sent1,hard_neg\nein Haus,a house,a tree\n");
        var begun = CommandLine.Run(folder.File("before"), "synthesize", "--model", Models.Demo, "-i", "anchors.txt", "-o", "out.csv",
            "--strategy", "icl", "--examples", "examples.csv", "--shots", "1", "--temperature", "0.7", "--max-new-tokens", "16");
        Assert.AreEqual(0, begun.ExitCode, begun.Error);
        File.Delete(folder.File("before/examples.csv"));
        Directory.Move(folder.File("before"), folder.File("after"));

        var verified = CommandLine.Run(folder.Path, "verify", "after/out.run", "--sample", "100%");
        var retried = CommandLine.Run(folder.Path, "retry", "after/out.run", "--only", "length,language,copy");

        Assert.AreEqual(0, verified.ExitCode, verified.Output + verified.Error);
        Assert.AreEqual(0, retried.ExitCode, retried.Output + retried.Error);
        Assert.IsTrue(File.Exists(folder.File("after/out.csv")));
        Assert.IsFalse(File.Exists(folder.File("out.csv")) || Directory.Exists(folder.File("before")));
    }

    [TestMethod]
    public void Run_OfACommandThatWasRecordedBeforeOptionsWere_IsTakenUp()
    {
        using var folder = new TemporaryFolder();
        folder.Write("work/anchors.txt", "Der Fischer trägt Holz.\nMwanafunzi anabeba maji sokoni.\n");
        string[] command =
        [
            "synthesize", "--model", Models.Demo, "-i", "anchors.txt", "-o", "runs/out.csv", "--temperature", "0.5", "--seed", "3",
            "--max-attempts", "2", "--shard", "0/1",
        ];
        Directory.CreateDirectory(folder.File("work/runs"));
        Assert.AreEqual(0, CommandLine.Run(folder.File("work"), command).ExitCode);
        var file = folder.File("work/runs/out.run/run.json");
        var json = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        Assert.IsTrue(json.Remove("options") && json.Remove("command_line"));
        json["command"] = new JsonObject
        {
            ["arguments"] = new JsonArray([.. command.Select(a => (JsonNode)a)]),
            ["working_folder"] = "../..",
        };
        File.WriteAllText(file, json.ToJsonString());

        var verified = CommandLine.Run(folder.Path, "verify", "work/runs/out.run", "--sample", "1");
        var retried = CommandLine.Run(folder.File("work/runs"), "retry", "out.run", "--only", "length,copy");

        Assert.AreEqual(0, verified.ExitCode, verified.Output + verified.Error);
        StringAssert.Contains(verified.Output, " answers came out the same");
        Assert.AreEqual(0, retried.ExitCode, retried.Output + retried.Error);
        Assert.AreEqual(2, Directory.GetFileSystemEntries(folder.File("work/runs")).Length, "the run and its table");
    }

    private static CommandResult Synthesize(TemporaryFolder folder, string input, params string[] options) => CommandLine.Run(
        folder.Path, ["synthesize", "--model", Models.Demo, "--input", input, "--output", "out.csv", "--greedy", .. options]);

    private static double Percent(string output, string label)
    {
        var line = output.Split('\n').Single(l => l.StartsWith(label, StringComparison.Ordinal));
        var number = line[label.Length..line.IndexOf('%', StringComparison.Ordinal)];
        return double.Parse(number, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static int Rows(string progress) => progress.Split(" of ") is [var done, ..] && int.TryParse(done, out var rows) ? rows : 0;
}
