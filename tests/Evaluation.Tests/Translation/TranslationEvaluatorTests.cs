using System.Text.Json;

namespace XlLoraOnnx.Evaluation.Tests;

[TestClass]
public sealed class TranslationEvaluatorTests
{
    private static readonly TranslationOptions Quick = new() { BootstrapSamples = 200 };

    [TestMethod]
    public void Evaluate_TwoSystems_ComparesTheSecondWithTheFirst()
    {
        var references = Enumerable.Range(0, 40).Select(i => new[] { $"the fisher {i} carries wood to the village number {i}" }).ToList();
        var set = new TranslationSet
        {
            References = references,
            Systems =
            [
                KeyValuePair.Create<string, IReadOnlyList<string>>("worse", [.. references.Select(r => r[0].Replace("wood", "a stone"))]),
                KeyValuePair.Create<string, IReadOnlyList<string>>("better", [.. references.Select(r => r[0])]),
            ],
        };

        var results = TranslationEvaluator.Evaluate(set, Quick);

        Assert.HasCount(2, results);
        CollectionAssert.AreEqual(new[] { "BLEU", "chrF2", "chrF2++" }, results[0].Scores.Select(s => s.Name).ToArray());
        Assert.AreEqual(100, results[1]["BLEU"].Value, 1e-9);
        Assert.AreEqual("worse", results[1].ComparedWith);
        Assert.IsNull(results[0]["BLEU"].PValue);
        // no resample differs from the others: the mean of differences is the difference
        Assert.AreEqual(1.0 / 201, results[1]["chrF2"].PValue!.Value, 1e-12);
        Assert.AreEqual("nrefs:1|bs:200|seed:12345|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0", results[0]["BLEU"].Signature);
        Assert.IsTrue(results[0]["chrF2"].Interval is { } i && i.Low <= results[0]["chrF2"].Mean && i.High >= results[0]["chrF2"].Mean);
    }

    [TestMethod]
    public async Task EvaluateAsync_FloresFolderAndFolderOfHypotheses_MeasuresEachPair()
    {
        using var folder = new TemporaryFolder();
        Flores(folder);
        folder.Write("nllb/eng_Latn-hau_Latn.txt", "Kyanwa tana barci.\nYana cin abinci.\n");
        folder.Write("nllb/eng_Latn-zho_Hans.txt", "猫在睡觉。\n\n");
        folder.Write("nllb/notes.txt", "x");

        var report = await TranslationEvaluator.EvaluateAsync(
            [folder.File("flores")], new Dictionary<string, string> { ["nllb"] = folder.File("nllb") }, Quick);

        CollectionAssert.AreEqual(new[] { "eng_Latn-hau_Latn", "eng_Latn-zho_Hans" }, report.Results.Select(r => r.Subset).ToArray());
        Assert.AreEqual(100, report.Results[0]["chrF2++"].Value, 1e-9);
        Assert.AreEqual("devtest", report.Results[0].Split);
        StringAssert.Contains(report.Results[0]["BLEU"].Signature, "tok:13a");
        StringAssert.Contains(report.Results[1]["BLEU"].Signature, "tok:zh");
        CollectionAssert.AreEqual(new[] { "1 of 2 translations are empty" }, report.Results[1].Findings.ToArray());
        StringAssert.Contains(report.Skipped.Single(), "notes.txt of nllb left out");
    }

    [TestMethod]
    public async Task EvaluateAsync_AnotherSplit_IsTakenFromItsFolder()
    {
        using var folder = new TemporaryFolder();
        Flores(folder);
        var hypotheses = folder.Write("x.eng_Latn-hau_Latn.out", "Wani abu.\n");

        var report = await TranslationEvaluator.EvaluateAsync(
            [folder.File("flores")], new Dictionary<string, string> { ["x"] = hypotheses }, Quick with { Split = "dev" });

        Assert.AreEqual(("dev", 1), (report.Results[0].Split, report.Results[0].Segments));
    }

    [TestMethod]
    public async Task EvaluateAsync_FileOfAFolderIsTooShort_TheOthersAreMeasured()
    {
        using var folder = new TemporaryFolder();
        Flores(folder);
        folder.Write("nllb/eng_Latn-hau_Latn.txt", "Kyanwa tana barci.\n");
        folder.Write("nllb/hau_Latn-eng_Latn.txt", "The cat sleeps.\nHe eats.\n");

        var report = await TranslationEvaluator.EvaluateAsync(
            [folder.File("flores")], new Dictionary<string, string> { ["nllb"] = folder.File("nllb") }, Quick);

        Assert.AreEqual("hau_Latn-eng_Latn", report.Results.Single().Subset);
        StringAssert.Contains(report.Unreadable.Single().Reason, "has 1 lines and");
    }

    [TestMethod]
    public async Task EvaluateAsync_TextFilesOfTwoReferences_AreTwoReferencesOfEachLine()
    {
        using var folder = new TemporaryFolder();
        var first = folder.Write("ref1.txt", "a b c d e\nx\n");
        var second = folder.Write("ref2.txt", "f g h i j\ny\n");
        var system = folder.Write("out.txt", "f g h i j\nx\n");

        var report = await TranslationEvaluator.EvaluateAsync(
            [first, second], new Dictionary<string, string> { ["out"] = system }, Quick with { BootstrapSamples = 0 });

        Assert.AreEqual(100, report.Results[0]["BLEU"].Value, 1e-9);
        Assert.AreEqual("nrefs:2|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.6.0", report.Results[0]["chrF2"].Signature);
        Assert.IsNull(report.Results[0]["BLEU"].Interval);
    }

    [TestMethod]
    [DataRow("t.csv", "from,to,hypothesis,reference\neng_Latn,hau_Latn,a b,a b\neng_Latn,deu_Latn,c,d\n")]
    [DataRow("t.tsv", "SRC_LANG\ttgt_lang\ttranslation\tref\neng_Latn\thau_Latn\ta b\ta b\neng_Latn\tdeu_Latn\tc\td\n")]
    [DataRow("t.jsonl", """
        {"from":"eng_Latn","to":"hau_Latn","mt":"a b","references":["x","a b"]}
        {"from":"eng_Latn","to":"deu_Latn","mt":"c","references":["d"]}
        """)]
    public async Task EvaluateAsync_Tables_AreReadByTheirColumns(string name, string content)
    {
        using var folder = new TemporaryFolder();

        var report = await TranslationEvaluator.EvaluateAsync([folder.Write(name, content)], options: Quick);

        CollectionAssert.AreEqual(new[] { "eng_Latn-hau_Latn", "eng_Latn-deu_Latn" }, report.Results.Select(r => r.Subset).ToArray());
        Assert.AreEqual(100, report.Results[0]["chrF2"].Value, 1e-9);
        Assert.AreEqual(0, report.Results[1]["chrF2"].Value, 1e-9);
        Assert.AreEqual("t", report.Results[0].System);
    }

    [TestMethod]
    public async Task EvaluateAsync_TwoHypothesisColumns_AreTwoSystems()
    {
        using var folder = new TemporaryFolder();
        var table = folder.Write("t.csv", "a,b,reference1,reference2\nx y z,x y,x y,\nu v,u v,u,u v\n");

        var report = await TranslationEvaluator.EvaluateAsync([table], options: Quick with { HypothesisColumns = ["a", "b"] });

        CollectionAssert.AreEqual(new[] { "a", "b" }, report.Results.Select(r => r.System).ToArray());
        Assert.AreEqual("a", report.Results[1].ComparedWith);
        // the empty field of a second reference is none
        StringAssert.StartsWith(report.Results[0]["BLEU"].Signature, "nrefs:var|");
    }

    [TestMethod]
    [DataRow("t.csv", "hypothesis,other\na,b\n", "none of references")]
    [DataRow("t.csv", "other,reference\na,b\n", "none of translations")]
    [DataRow("t.jsonl", """{"hypothesis":null,"reference":"b"}""", "\"hypothesis\" is no translation")]
    [DataRow("t.jsonl", """{"hypothesis":"a","reference":null}""", "has no reference")]
    [DataRow("t.jsonl", """{"hypothesis":"a","references":[1]}""", "a list of strings")]
    [DataRow("t.txt", "one\ntwo\n", "is plain text")]
    public async Task EvaluateAsync_UselessTable_SaysWhatToDo(string name, string content, string reason)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write(name, content);

        var exception = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => TranslationEvaluator.EvaluateAsync([path]));

        StringAssert.Contains(exception.Message, reason);
    }

    [TestMethod]
    public async Task CompareAsync_WrittenResults_HaveTheScoresAndPValuesOfOneRun()
    {
        using var folder = new TemporaryFolder();
        var references = folder.Write("ref.txt", string.Join('\n', Enumerable.Range(0, 30).Select(i => $"the cat number {i} sleeps here")));
        var a = folder.Write("a.txt", string.Join('\n', Enumerable.Range(0, 30).Select(i => $"the dog number {i} sleeps {i % 3}")));
        var b = folder.Write("b.txt", string.Join('\n', Enumerable.Range(0, 30).Select(i => $"the cat number {i} sleeps {i % 2}")));
        var systems = new Dictionary<string, string> { ["org/a"] = a, ["b"] = b };

        var report = await TranslationEvaluator.EvaluateAsync([references], systems);
        var folders = TranslationEvaluator.Write(report, folder.File("results"));
        var comparison = await EvaluationComparer.CompareAsync(folders[0], folders[1], seed: new TranslationOptions().Seed);

        StringAssert.Contains(folders[0], "org__a");
        Assert.HasCount(3, comparison.Metrics);
        foreach (var metric in comparison.Metrics)
        {
            Assert.AreEqual(report.Results[0][metric.Metric].Value, metric.A, 1e-9);
            Assert.AreEqual(report.Results[1][metric.Metric].Value, metric.B, 1e-9);
            Assert.AreEqual(report.Results[1][metric.Metric].PValue!.Value, metric.PValue, 1e-12);
            Assert.AreEqual("B is better", metric.Verdict);
        }
        var header = JsonDocument.Parse(File.ReadLines(Directory.GetFiles(folders[1], "*.items.jsonl").Single()).First()).RootElement;
        Assert.AreEqual(report.Results[1]["BLEU"].Signature, header.GetProperty("signatures").GetProperty("BLEU").GetString());
    }

    [TestMethod]
    public async Task CompareAsync_DifferentSignatures_AreRefused()
    {
        using var folder = new TemporaryFolder();
        var references = folder.Write("ref.txt", "a b c\nd e f\n");
        var system = new Dictionary<string, string> { ["a"] = folder.Write("a.txt", "a b c\nd e\n") };
        var a = await TranslationEvaluator.EvaluateAsync([references], system, Quick);
        var b = await TranslationEvaluator.EvaluateAsync([references], system, Quick with { Tokenization = BleuTokenization.Characters });

        var exception = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => EvaluationComparer.CompareAsync(
            TranslationEvaluator.Write(a, folder.File("1"))[0], TranslationEvaluator.Write(b, folder.File("2"))[0]));

        StringAssert.Contains(exception.Message, "BLEU was measured differently");
    }

    private static void Flores(TemporaryFolder folder)
    {
        folder.Write("flores/dev/eng_Latn.dev", "Something.\n");
        folder.Write("flores/dev/hau_Latn.dev", "Wani abu.\n");
        folder.Write("flores/devtest/eng_Latn.devtest", "The cat sleeps.\nHe eats.\n");
        folder.Write("flores/devtest/hau_Latn.devtest", "Kyanwa tana barci.\nYana cin abinci.\n");
        folder.Write("flores/devtest/zho_Hans.devtest", "猫在睡觉。\n他在吃东西。\n");
    }
}
