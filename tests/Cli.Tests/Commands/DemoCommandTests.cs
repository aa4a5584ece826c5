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

    private static double Score(string output, string name)
    {
        var match = Regex.Match(output, $@"\b{name}\b[^\d-]*(-?\d+\.\d+)");
        Assert.IsTrue(match.Success, $"no {name} in:\n{output}");
        return double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
    }
}
