using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace XlLoraOnnx.Cli.Tests;

[TestClass]
public sealed class DemoCommandTests
{
    [TestMethod]
    public void Demo_TwoAnchors_TellsTheWholeStoryWithTheRecordedScores()
    {
        using var folder = new TemporaryFolder();

        var result = CommandLine.Run(folder.Path, "demo", "--limit", "2");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        foreach (var file in (string[])["triplets.csv", "sent0.npy", "sent1.npy", "hard_neg.npy"])
            Assert.IsTrue(File.Exists(folder.File($"xllora-demo/{file}")), file);
        // recorded from transformers: training.json, "before"
        Assert.AreEqual(0.0871, Score(result.Output, "cosine_spearman"), 1e-4);
        Assert.AreEqual(0.0249, Score(result.Output, "ndcg_at_10"), 1e-4);
        Assert.AreEqual(1.1511, Score(result.Output, "alignment"), 1e-4);
        Assert.AreEqual(-1.8684, Score(result.Output, "uniformity"), 1e-4);
        Assert.HasCount(2, Directory.GetFiles(folder.File("xllora-demo/results"), "*.items.jsonl", SearchOption.AllDirectories)
            .Select(Path.GetFileName).Where(f => !f!.Contains("alignment")).ToArray());
    }

    [TestMethod]
    public void DemoTranslate_TwoOfEachLanguage_AreTranslatedInOneBatchAndMeasured()
    {
        using var folder = new TemporaryFolder();

        var result = CommandLine.Run(folder.Path, "demo", "--translate", "--limit", "2");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        var lines = File.ReadAllLines(folder.File("xllora-demo/translations.jsonl"));
        Assert.HasCount(2 * 9, lines);
        var right = int.Parse(Regex.Match(result.Output, @"(\d+) of 18 are the world's own sentence").Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.IsGreaterThan(12, right, result.Output);
        Assert.AreEqual(right, lines.Select(line => JsonDocument.Parse(line).RootElement)
            .Count(row => row.GetProperty("hypothesis").GetString() == row.GetProperty("reference").GetString()));
        foreach (var pair in (string[])["ha-en", "ko-en", "zh-en"])
            StringAssert.Contains(result.Output, pair);
        StringAssert.Contains(result.Output, "chrF2++|nrefs:1");
    }

    [TestMethod]
    public void DemoFull_FewRows_TrainsWritesAndCompares_AndGoesOnWhereItIs()
    {
        using var folder = new TemporaryFolder();

        var result = CommandLine.Run(folder.Path, "demo", "--full", "--limit", "48");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        var page = File.ReadAllText(folder.File("xllora-demo/demo.html"));
        Assert.HasCount(3, Regex.Matches(page, "data:image/svg\\+xml;base64,"));
        StringAssert.Matches(page, new Regex(@"<p>\d+ triplets for 48 anchors"));
        // before, as recorded; and what the encoder itself said while it was trained
        StringAssert.Contains(page, "<td>cosine_spearman</td><td class=\"n\">0.0871</td>");
        var after = Regex.Match(result.Output, @"sts cosine_spearman 0\.0871 → (-?0\.\d{4})").Groups[1].Value;
        StringAssert.Contains(page, $"<td class=\"n\">0.0871</td><td class=\"n\">{after}</td>");
        Assert.IsFalse(page.Contains("<script", StringComparison.Ordinal));
        foreach (var file in (string[])["adapters/pos/adapter_model.safetensors", "adapters/neg/adapter_config.json", "encoder/modules.json"])
            Assert.IsTrue(File.Exists(folder.File($"xllora-demo/{file}")), file);

        var adapter = File.GetLastWriteTimeUtc(folder.File("xllora-demo/adapters/pos/adapter_model.safetensors"));
        var again = CommandLine.Run(folder.Path, "demo", "--full", "--limit", "48");
        Assert.AreEqual(0, again.ExitCode, again.Error);
        Assert.AreEqual(adapter, File.GetLastWriteTimeUtc(folder.File("xllora-demo/adapters/pos/adapter_model.safetensors")));
        Assert.AreEqual(page, File.ReadAllText(folder.File("xllora-demo/demo.html")));

        var other = CommandLine.Run(folder.Path, "demo", "--full", "--limit", "49");
        Assert.AreNotEqual(0, other.ExitCode);
        StringAssert.Contains(other.Error, "holds a demonstration with 48 rows of training, and this one has 49");
    }

    [TestMethod]
    [DataRow("--full --translate", "--translate and --full are two demonstrations")]
    [DataRow("--full --limit 0", "--limit is 0; it must be at least 1")]
    [DataRow("--translate --limit -1", "--limit is -1; it must be at least 1")]
    [DataRow("--limit 0", "--limit is 0; it must be at least 1")]
    public void Demo_WhatCannotBe_IsRefusedBeforeAnythingIsDone(string options, string message)
    {
        using var folder = new TemporaryFolder();

        var result = CommandLine.Run(folder.Path, ["demo", .. options.Split(' ')]);

        Assert.AreNotEqual(0, result.ExitCode);
        StringAssert.Contains(result.Error, message);
        Assert.IsEmpty(Directory.GetFileSystemEntries(folder.Path));
    }

    private static double Score(string output, string name)
    {
        var match = Regex.Match(output, $@"\b{name}\b[^\d-]*(-?\d+\.\d+)");
        Assert.IsTrue(match.Success, $"no {name} in:\n{output}");
        return double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
    }
}
