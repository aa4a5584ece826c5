using System.Runtime.CompilerServices;
using System.Text.Json;

namespace XlLoraOnnx.Evaluation.Tests;

[TestClass]
public sealed class PredictionEvaluatorTests
{
    private const string Xnli = "language,premise,hypothesis,label,prediction\n" +
        "sw,a,b,0,entailment\nsw,c,d,1,2\nsw,e,f,2,who knows\nsw,g,h,2,Contradiction\nth,a,b,0,0\nth,c,d,1,1\n";

    private const string NusaX = "id,text,text_translated,label,prediction\n1,satu,one,0,0\n2,dua,two,1,1\n3,tiga,three,2,0\n";

    private const string TyDiQa =
        "{\"id\":\"bengali-1\",\"question\":\"q1\",\"context\":\"ঢাকা শহর\",\"answers\":{\"text\":[\"ঢাকা\",\"শহর\"],"
        + "\"answer_start\":[0,0]},\"context_translated\":\"Dhaka city\",\"question_translated\":\"Q1\","
        + "\"answers_translated\":{\"text\":[\"Dhaka\"],\"answer_start\":[0]}}\n"
        + "{\"id\":\"english-2\",\"question\":\"q2\",\"context\":\"the cat\",\"answers\":{\"text\":[\"cat\"],\"answer_start\":[4]},"
        + "\"context_translated\":\"the cat\",\"question_translated\":\"q2\",\"answers_translated\":"
        + "{\"text\":[\"\"],\"answer_start\":[-1]}}\n";

    [TestMethod]
    public async Task EvaluateAsync_TableWithPredictions_MeasuresEachLanguage()
    {
        using var folder = new TemporaryFolder();

        var report = await PredictionEvaluator.EvaluateAsync([folder.Write("xnli.test.csv", Xnli)], TextTask.Xnli);

        CollectionAssert.AreEqual((string[])["sw", "th"], report.Results.Select(r => r.Subset).ToArray());
        var swahili = report.Results[0];
        Assert.AreEqual(("XNLI", "test", "xnli", 4), (swahili.TaskName, swahili.Split, swahili.System, swahili.Examples));
        Assert.AreEqual(0.5, swahili["accuracy"].Value);
        Assert.IsTrue(swahili["accuracy"].Interval is { Low: < 0.5, High: > 0.5 });
        StringAssert.Contains(swahili.Findings.Single(), "1 of 4 predictions are no label and count as wrong");
        StringAssert.Contains(swahili.Findings.Single(), "the first being \"who knows\"");
        var mean = report.Averages.Single();
        Assert.AreEqual(0.75, mean.Metrics[0].Value);
        CollectionAssert.AreEqual((string[])["sw", "th"], mean.Subsets.ToArray());
    }

    [TestMethod]
    [DataRow("prediction.csv", "id,label_said\n3,positive\n1,negative\n2,neutral\n9,neutral\n")]
    [DataRow("prediction.jsonl", "{\"id\":3,\"label_said\":2}\n{\"id\":1,\"label_said\":0}\n{\"id\":2,\"label_said\":\"1\"}\n")]
    [DataRow("prediction.tsv", "label_said\tx\n0\ty\n1\ty\n2\ty\n")]
    public async Task EvaluateAsync_PredictionsInAFile_ArePairedWithTheRows(string name, string predictions)
    {
        using var folder = new TemporaryFolder();
        var options = new PredictionOptions { Predictions = [folder.Write(name, predictions)], PredictionColumns = ["label_said"] };

        var report = await PredictionEvaluator.EvaluateAsync([folder.Write("ace/test.csv", NusaX)], TextTask.NusaX, options);

        var result = report.Results.Single();
        Assert.AreEqual(1, result["macro_f1"].Value);
        Assert.AreEqual(("ace", "NusaX-senti", "prediction"), (result.Subset, result.TaskName, result.System));
        Assert.IsEmpty(report.Averages);
    }

    [TestMethod]
    public async Task EvaluateAsync_PredictionsOfSquadsScript_AreTaken()
    {
        using var folder = new TemporaryFolder();
        var predictions = folder.Write("a.json", "{\n\"english-2\": \"A cat.\",\n\"bengali-1\": \"শহর\"\n}\n");
        var options = new PredictionOptions { Predictions = [predictions] };

        var report = await PredictionEvaluator.EvaluateAsync([folder.Write("b.jsonl", TyDiQa)], TextTask.TyDiQa, options);

        CollectionAssert.AreEqual((string[])["bn", "en"], report.Results.Select(r => r.Subset).ToArray());
        Assert.IsTrue(report.Results.All(r => r["exact_match"].Value == 1));
        // one language is left when English is not counted
        Assert.IsEmpty(report.Averages);
    }

    [TestMethod]
    [DataRow(CrossLingualSetting.ZeroShot, "q1|ঢাকা শহর", null, "ঢাকা", 2)]
    [DataRow(CrossLingualSetting.TranslateTest, "Q1|Dhaka city", null, "dhaka", 1)]
    [DataRow(CrossLingualSetting.TranslateTrain, "q1|ঢাকা শহর", "Q1|Dhaka city", "শহর", 2)]
    public async Task EvaluateAsync_System_ReadsWhatTheSettingSays(
        CrossLingualSetting setting, string texts, string? sources, string answer, int asked)
    {
        using var folder = new TemporaryFolder();
        IReadOnlyList<TaskExample>? seen = null;
        var options = new PredictionOptions { Setting = setting, SystemName = "mine" };

        var report = await PredictionEvaluator.EvaluateSystemAsync([folder.Write("b.jsonl", TyDiQa)], TextTask.TyDiQa, Ask, options);

        Assert.HasCount(asked, seen!);
        Assert.AreEqual(texts, string.Join('|', seen![0].Texts));
        Assert.AreEqual(sources, seen[0].SourceTexts is { } s ? string.Join('|', s) : null);
        Assert.IsTrue(seen.All(e => e.Answers.Count == 0 && e.SourceAnswers.Count == 0));
        Assert.AreEqual(1, report.Results[0]["exact_match"].Value);
        Assert.AreEqual(("mine", setting), (report.Results[0].System, report.Results[0].Setting));
        if (setting == CrossLingualSetting.TranslateTest)
            StringAssert.Contains(report.Results[0].Findings[0], "1 rows left out: no right answer in the translation");

        async IAsyncEnumerable<TaskPrediction> Ask(IReadOnlyList<TaskExample> examples, CrossLingualSetting how,
            [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            seen = examples;
            Assert.AreEqual(setting, how);
            await Task.Yield();
            foreach (var _ in examples)
                yield return new TaskPrediction(answer);
        }
    }

    [TestMethod]
    public async Task EvaluateAsync_SystemWithoutASourceToRead_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("a.csv", Xnli);

        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => PredictionEvaluator.EvaluateSystemAsync(
            [path], TextTask.Xnli, Nothing, new() { Setting = CrossLingualSetting.TranslateTrain }));
        var few = await Assert.ThrowsExactlyAsync<InvalidOperationException>(
            () => PredictionEvaluator.EvaluateSystemAsync([path], TextTask.Xnli, Nothing));

        StringAssert.Contains(e.Message, $"{path}, line 2 has no text in the source language, which translate-train reads");
        StringAssert.Contains(few.Message, "0 predictions for 6 examples");
    }

    [TestMethod]
    [DataRow("premise,hypothesis,label,prediction\na,b,,1\n", "line 2 has no label to measure against")]
    [DataRow("premise,hypothesis,label\na,b,1\n", "no \"prediction\"")]
    [DataRow("premise,hypothesis,label,prediction\na,b,4,1\n", "\"label\" is \"4\"")]
    public async Task EvaluateAsync_WhatIsWrong_IsRefused(string content, string reason)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("a.csv", content);

        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => PredictionEvaluator.EvaluateAsync([path], TextTask.Xnli));

        StringAssert.Contains(e.Message, path);
        StringAssert.Contains(e.Message, reason);
    }

    [TestMethod]
    [DataRow("id,prediction\n1,0\n2,1\n", "has no prediction for the id 3")]
    [DataRow("id,prediction\n1,0\n2,1\n2,1\n3,1\n", "has two predictions for the id 2")]
    [DataRow("prediction\n0\n1\n", "has 2 predictions and")]
    [DataRow("id,said\n1,0\n", "no \"prediction\"; name the predictions with --prediction-column")]
    public async Task EvaluateAsync_PredictionsOfOtherRows_AreRefused(string predictions, string reason)
    {
        using var folder = new TemporaryFolder();
        var options = new PredictionOptions { Predictions = [folder.Write("p.csv", predictions)] };
        var path = folder.Write("a.csv", NusaX);

        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(
            () => PredictionEvaluator.EvaluateAsync([path], TextTask.NusaX, options));

        StringAssert.Contains(e.Message, folder.File("p.csv"));
        StringAssert.Contains(e.Message, reason);
    }

    [TestMethod]
    public async Task Write_TwoSettings_CanBeCompared()
    {
        using var folder = new TemporaryFolder();
        var rows = Enumerable.Range(0, 60).Select(i => $"{i},text {i},{i % 3},{(i % 5 == 0 ? (i + 1) % 3 : i % 3)},{i % 2}");
        var path = folder.Write("ban.csv", $"id,text,label,good,bad\n{string.Join('\n', rows)}\n");
        foreach (var (column, setting) in ((string, CrossLingualSetting)[])
            [("bad", CrossLingualSetting.ZeroShot), ("good", CrossLingualSetting.TranslateTrain)])
        {
            var report = await PredictionEvaluator.EvaluateAsync(
                [path], TextTask.NusaX, new() { PredictionColumns = [column], Setting = setting, SystemName = "xlmr" });
            PredictionEvaluator.Write(report, folder.File(column));
        }

        var comparison = await EvaluationComparer.CompareAsync(folder.File("bad"), folder.File("good"));

        StringAssert.StartsWith(comparison.ModelB, "xlmr (translate-train, ");
        var macro = comparison.Metrics.Single(m => m.Metric == "macro_f1");
        Assert.AreEqual("B is better", macro.Verdict);
        Assert.AreEqual(0.8, macro.B, 1e-12);
        Assert.AreEqual("ban", macro.Subset);
        var items = Directory.GetFiles(folder.File("good"), "NusaX-senti.test.ban.nusax.items.jsonl", SearchOption.AllDirectories).Single();
        var header = JsonDocument.Parse(File.ReadLines(items).First()).RootElement;
        Assert.AreEqual("translate-train", header.GetProperty("setting").GetString());
        Assert.AreEqual(0.8, header.GetProperty("macro_f1").GetDouble(), 1e-12);
        Assert.IsLessThan(0.8, header.GetProperty("macro_f1_low").GetDouble());
    }

    private static async IAsyncEnumerable<TaskPrediction> Nothing(IReadOnlyList<TaskExample> examples, CrossLingualSetting setting,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        yield break;
    }
}
