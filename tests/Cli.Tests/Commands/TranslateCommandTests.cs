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
    [DataRow("is not PAIR=NAME", "--to", "eng_Latn", "--adapter-for", "deu_Latn-eng_Latn")]
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
    public void Translate_PeftFolderAsAdapter_SaysWhichCommandAddsIt()
    {
        using var folder = Folder();
        var peft = Repository.Demo("pos");

        var result = Translate(folder, "--to", "eng_Latn", "--pairs", "pairs.json", "--adapter-for", $"deu_Latn-eng_Latn={peft}");

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, $"xllora-onnx export adapter deu_Latn-eng_Latn={peft} --base ");
        StringAssert.Contains(result.Error, "--adapter-for deu_Latn-eng_Latn=deu_Latn-eng_Latn");
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
