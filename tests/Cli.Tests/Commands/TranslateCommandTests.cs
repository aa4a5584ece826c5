namespace XlLoraOnnx.Cli.Tests;

[TestClass]
public sealed class TranslateCommandTests
{
    private const string Pairs = """
        {
          "version": 1,
          "defaults": { "prompt": { "kind": "chat", "template": "From {source} to {target}: {text}" }, "max_new_tokens": 24 },
          "pairs": { "deu_Latn-eng_Latn": { "adapter": "pos" }, "deu_Latn-hau_Latn": { "adapter": "neg" } }
        }
        """;

    [TestMethod]
    public void Translate_TwoTargets_AreTwoColumnsAndARunThatIsVerifiedAndRetried()
    {
        using var folder = Folder();

        var result = Translate(folder, "--pairs", "pairs.json", "--to", "eng_Latn,hau_Latn", "--keep-unfinished");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        var lines = File.ReadAllLines(folder.File("out.csv"));
        Assert.HasCount(4, lines);
        Assert.AreEqual("deu_Latn,eng_Latn,hau_Latn", lines[0]);
        StringAssert.StartsWith(lines[1], "Der Fischer trägt Holz.,");
        Assert.AreEqual(",,", lines[2]);
        Assert.IsFalse(lines[1].EndsWith(','), lines[1]);
        StringAssert.Contains(result.Output, "texts in");
        StringAssert.Contains(result.Error, "6 translations");
        var verified = CommandLine.Run(folder.Path, "verify", "out.run");
        Assert.AreEqual(0, verified.ExitCode, verified.Output + verified.Error);
        StringAssert.Contains(verified.Output, "3 translations");
        var again = Translate(folder, "--pairs", "pairs.json", "--to", "eng_Latn", "--to", "hau_Latn", "--keep-unfinished");
        StringAssert.Contains(again.Error, "nothing is left to do");
        var retried = CommandLine.Run(folder.Path, "retry", "out.run", "--only", "failed");
        Assert.AreEqual(0, retried.ExitCode, retried.Output + retried.Error);
    }

    [TestMethod]
    public void Translate_AdapterForAPair_GoesBeforeTheTable()
    {
        using var folder = Folder();
        var table = Translate(folder, "--pairs", "pairs.json", "--to", "hau_Latn", "--keep-unfinished");
        var before = File.ReadAllText(folder.File("out.csv"));

        var named = Translate(folder, "--pairs", "pairs.json", "--to", "hau_Latn", "--keep-unfinished",
            "--adapter-for", "deu_Latn-hau_Latn=pos", "--output", "other.csv");

        Assert.AreEqual((0, 0), (table.ExitCode, named.ExitCode), table.Error + named.Error);
        Assert.AreNotEqual(before, File.ReadAllText(folder.File("other.csv")));
    }

    [TestMethod]
    public void Translate_UnknownPair_ListsThePairsUnlessTheBaseTries()
    {
        using var folder = Folder();

        var refused = Translate(folder, "--pairs", "pairs.json", "--to", "hau_Latin");
        Assert.AreEqual(1, refused.ExitCode);
        StringAssert.Contains(refused.Error, "deu_Latn-hau_Latin; there are: deu_Latn-hau_Latn, deu_Latn-eng_Latn");
        Assert.HasCount(2, Directory.GetFileSystemEntries(folder.Path));
        var based = Translate(folder, "--pairs", "pairs.json", "--to", "hau_Latin", "--fallback", "base", "--keep-unfinished");
        Assert.AreEqual(0, based.ExitCode, based.Error);
    }

    [TestMethod]
    [DataRow("has no prompt", "--to", "eng_Latn", "--adapter-for", "deu_Latn-eng_Latn=pos")]
    [DataRow("deu_Latn-eng_Latn has no prompt", "--to", "eng_Latn", "--fallback", "base")]
    [DataRow("\"hausa\" of deu_Latn-eng_Latn", "--to", "eng_Latn", "--pairs", "pairs.json", "--adapter-for", "deu_Latn-eng_Latn=hausa")]
    [DataRow("is not PAIR=NAME or PAIR=DIR", "--to", "eng_Latn", "--adapter-for", "deu_Latn-eng_Latn")]
    [DataRow("no pair of languages", "--to", "eng_Latn", "--adapter-for", "deu_Latn=pos")]
    [DataRow("--fallback is 'none'", "--to", "eng_Latn", "--fallback", "none")]
    [DataRow("twice", "--to", "eng_Latn,eng_Latn", "--pairs", "pairs.json")]
    public void Translate_WhatCannotBe_IsOneMessageAndLeavesNothing(string said, params string[] options)
    {
        using var folder = Folder();

        var result = Translate(folder, options);

        Assert.AreEqual(1, result.ExitCode, result.Output);
        StringAssert.Contains(result.Error, said);
        Assert.HasCount(2, Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public void Translate_PeftFolderOfAPair_IsExportedOnceAndDoesAsTheAdapterOfTheModel()
    {
        using var folder = Folder();
        string[] pairs = ["--pairs", "pairs.json", "--to", "eng_Latn,hau_Latn", "--keep-unfinished"];
        string[] folders =
        [
            "--adapter-for", $"deu_Latn-eng_Latn={Repository.Demo("pos")}", "--adapter-for", $"deu_Latn-hau_Latn={Repository.Demo("neg")}",
        ];
        var named = Translate(folder, [.. pairs, "--output", "named.csv"]);

        var first = Translate(folder, [.. pairs, .. folders]);
        var again = Translate(folder, [.. pairs, .. folders]);

        Assert.AreEqual((0, 0, 0), (named.ExitCode, first.ExitCode, again.ExitCode), first.Error + again.Error);
        Assert.AreEqual(File.ReadAllText(folder.File("named.csv")), File.ReadAllText(folder.File("out.csv")));
        StringAssert.Contains(first.Error, "2 adapters of PEFT folders: 2 exported");
        StringAssert.Contains(again.Error, "2 adapters of PEFT folders: 0 exported, 2 were in");
        StringAssert.Contains(again.Error, "nothing is left to do");
        Assert.HasCount(2, Directory.GetFiles(folder.File("out.run/adapters"), "*.onnx_adapter"));
    }

    [TestMethod]
    public void Retry_OfARunWithPeftFolders_ExportsAgainWhatIsNoLongerThere()
    {
        using var folder = Folder();
        var peft = Repository.Demo("pos").CopyTo(folder, "peft");
        var run = Translate(folder, "--pairs", "pairs.json", "--to", "eng_Latn", "--keep-unfinished",
            "--adapter-for", "deu_Latn-eng_Latn=peft");
        Assert.AreEqual(0, run.ExitCode, run.Error);
        var adapter = Directory.GetFiles(folder.File("out.run/adapters"), "*.onnx_adapter").Single();
        var bytes = File.ReadAllBytes(adapter);
        File.Delete(adapter);

        var retried = CommandLine.Run(folder.Path, "retry", "out.run", "--only", "failed");

        Assert.AreEqual(0, retried.ExitCode, retried.Output + retried.Error);
        CollectionAssert.AreEqual(bytes, File.ReadAllBytes(adapter));
        File.Delete(adapter);
        File.AppendAllText(Path.Combine(peft, "adapter_config.json"), "\n");
        var other = CommandLine.Run(folder.Path, "retry", "out.run", "--only", "failed");
        Assert.AreEqual(1, other.ExitCode, other.Output);
        StringAssert.Contains(other.Error, "is not what it was exported from");
        var continued = Translate(folder, "--pairs", "pairs.json", "--to", "eng_Latn", "--keep-unfinished",
            "--adapter-for", "deu_Latn-eng_Latn=peft");
        Assert.AreEqual(0, continued.ExitCode, "the weights are those of before: " + continued.Error);
    }

    [TestMethod]
    public void Translate_PeftFolderInTheTable_IsTakenFromWhereTheTableIs()
    {
        using var folder = Folder();
        Directory.CreateDirectory(folder.File("tables"));
        Repository.Demo("pos").CopyTo(folder, "tables/pos-folder");
        folder.Write("tables/pairs.json", Pairs.Replace("\"pos\"", "\"pos-folder\"", StringComparison.Ordinal));
        var named = Translate(folder, "--pairs", "pairs.json", "--to", "eng_Latn", "--keep-unfinished", "--output", "named.csv");

        var result = Translate(folder, "--pairs", "tables/pairs.json", "--to", "eng_Latn", "--keep-unfinished", "--adapter-cache", "shared");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        Assert.AreEqual(File.ReadAllText(folder.File("named.csv")), File.ReadAllText(folder.File("out.csv")));
        Assert.HasCount(1, Directory.GetFiles(folder.File("shared"), "*.onnx_adapter"));
    }

    [TestMethod]
    [DataRow("other", "is refused")]
    [DataRow("cut", "adapter_model.safetensors")]
    [DataRow("weightless", "is no PEFT adapter: it has no adapter_model.safetensors")]
    [DataRow("empty", "is no PEFT adapter")]
    [DataRow("./missing", "does not exist")]
    [DataRow("nowhere", "is not there; there are: neg, pos")]
    public void Translate_FolderThatIsNoAdapterOfTheModel_IsOneMessageAndLeavesNothing(string adapter, string said)
    {
        using var folder = Folder();
        Repository.Data("models", "adapters", "gemma3-text", "patterns").CopyTo(folder, "other");
        var cut = Path.Combine(Repository.Demo("pos").CopyTo(folder, "cut"), "adapter_model.safetensors");
        File.WriteAllBytes(cut, File.ReadAllBytes(cut)[..^9]);
        File.Delete(Path.Combine(Repository.Demo("pos").CopyTo(folder, "weightless"), "adapter_model.safetensors"));
        Directory.CreateDirectory(folder.File("empty"));
        var before = Directory.GetFileSystemEntries(folder.Path);

        var result = Translate(folder, "--to", "eng_Latn", "--pairs", "pairs.json", "--adapter-for", $"deu_Latn-eng_Latn={adapter}");

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, said);
        CollectionAssert.AreEquivalent(before, Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public void Translate_JobThatIsRefusedAfterTheExport_LeavesNothing()
    {
        using var folder = Folder();

        var result = Translate(folder, "--to", "eng_Latn", "--adapter-for", $"deu_Latn-eng_Latn={Repository.Demo("pos")}");
        var cache = Translate(folder, "--to", "eng_Latn", "--pairs", "pairs.json", "--adapter-cache", "shared");

        Assert.AreEqual((1, 1), (result.ExitCode, cache.ExitCode));
        StringAssert.Contains(result.Error, "has no prompt");
        StringAssert.Contains(cache.Error, "none is named");
        Assert.HasCount(2, Directory.GetFileSystemEntries(folder.Path));
    }

    private static TemporaryFolder Folder()
    {
        var folder = new TemporaryFolder();
        folder.Write("texts.csv", "text\nDer Fischer trägt Holz.\n\"\"\nDie Lehrerin verkauft Brot.\n");
        folder.Write("pairs.json", Pairs);
        return folder;
    }

    private static CommandResult Translate(TemporaryFolder folder, params string[] options) => CommandLine.Run(folder.Path,
        ["translate", "--model", Models.Demo, "--from", "deu_Latn", "--input", "texts.csv",
            .. options.Contains("--output") ? Array.Empty<string>() : ["--output", "out.csv"], .. options]);
}
