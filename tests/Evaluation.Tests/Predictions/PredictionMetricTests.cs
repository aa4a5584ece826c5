using System.Text.Json;

namespace XlLoraOnnx.Evaluation.Tests;

/// <summary>Against numbers of a program in Python that was written from the definitions: tests/Data/refs/metrics.</summary>
[TestClass]
public sealed class PredictionMetricTests
{
    private static readonly JsonElement Recorded =
        JsonDocument.Parse(File.ReadAllText(Repository.Data("refs", "metrics", "prediction-scores.json"))).RootElement;

    [TestMethod]
    public void AnswerScore_RecordedAnswers_AreTheSame()
    {
        foreach (var record in Recorded.GetProperty("answers").EnumerateArray())
        {
            var prediction = record.GetProperty("prediction").GetString()!;
            string[] answers = [.. record.GetProperty("answers").EnumerateArray().Select(a => a.GetString()!)];

            Assert.AreEqual(record.GetProperty("normalized").GetString(), AnswerScore.Normalized(prediction));
            Assert.AreEqual(record.GetProperty("exact_match").GetDouble(), AnswerScore.ExactMatch(prediction, answers), prediction);
            Assert.AreEqual(record.GetProperty("f1").GetDouble(), AnswerScore.F1(prediction, answers), 1e-15, prediction);
        }
    }

    [TestMethod]
    public void Of_RecordedLabels_HaveTheSameAccuracyAndMacroF1()
    {
        foreach (var record in Recorded.GetProperty("labels").EnumerateArray())
        {
            double[] gold = Numbers(record.GetProperty("gold")), predicted = Numbers(record.GetProperty("predicted"));
            string[] ids = [.. gold.Select((_, i) => $"{i}")];
            var items = new ItemScores(ids, [PredictionMetric.Gold, PredictionMetric.Predicted], [gold, predicted]);
            int[] all = [.. Enumerable.Range(0, gold.Length)];

            var metrics = PredictionMetric.Of(EvaluationTask.NusaX, items).ToDictionary(m => m.Name, m => m.Score(all));

            Assert.AreEqual(record.GetProperty("accuracy").GetDouble(), metrics[PredictionMetric.Accuracy], 1e-15);
            Assert.AreEqual(record.GetProperty("macro_f1").GetDouble(), metrics[PredictionMetric.MacroF1], 1e-15);
        }
    }

    [TestMethod]
    public void AnswerScore_NoRightAnswer_IsTheCallersFault() =>
        Assert.ThrowsExactly<ArgumentException>(() => AnswerScore.F1("a", []));

    private static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(e => e.GetDouble())];
}
