using System.Text;
using System.Text.Json;

namespace XlLoraOnnx.Evaluation.Tests;

[TestClass]
public sealed class RetrievalMetricsTests
{
    [TestMethod]
    public void Of_ReferenceRun_MeansAreThoseOfTrecEval()
    {
        using var document = JsonDocument.Parse(string.Concat(Repository.Lines(Repository.Data("refs", "metrics", "retrieval.json.gz"))));
        var qrels = document.RootElement.GetProperty("qrels").Deserialize<Dictionary<string, Dictionary<string, int>>>()!;
        var run = document.RootElement.GetProperty("run").Deserialize<Dictionary<string, Dictionary<string, float>>>()!;
        var perQuery = run.Where(q => qrels.ContainsKey(q.Key)).Select(q =>
        {
            var ranked = q.Value.OrderByDescending(d => d.Value).ThenByDescending(d => d.Key, Comparer<string>.Create(TrecOrder.Compare));
            return RetrievalMetrics.Of([.. ranked.Select(d => qrels[q.Key].GetValueOrDefault(d.Key))], qrels[q.Key].Values);
        }).ToList();

        var compared = 0;
        foreach (var mean in document.RootElement.GetProperty("mean").EnumerateObject())
        {
            var name = mean.Name.Replace("ndcg_cut_", "ndcg_at_").Replace("map_cut_", "map_at_").Replace("P_", "precision_at_");
            name = name.StartsWith("recall_", StringComparison.Ordinal) ? name.Replace("recall_", "recall_at_") : name;
            var metric = Array.IndexOf(RetrievalMetrics.Names, name == "recip_rank" ? "mrr_at_1000" : name);
            Assert.IsGreaterThanOrEqualTo(0, metric, mean.Name);
            Assert.AreEqual(mean.Value.GetDouble(), perQuery.Average(v => v[metric]), 1e-9, mean.Name);
            compared++;
        }
        Assert.AreEqual(15, compared);
    }

    [TestMethod]
    public void Of_JudgedDocumentThatWasNotRetrieved_StaysInTheIdeal()
    {
        var values = RetrievalMetrics.Of([2, 0, 1], [2, 1, 3]);

        var ideal = 3 + 2 / Math.Log2(3) + 1 / Math.Log2(4);
        Assert.AreEqual((2 + 1 / Math.Log2(4)) / ideal, Value(values, "ndcg_at_10"), 1e-12);
        Assert.AreEqual(2 / 3.0, Value(values, "recall_at_10"), 1e-12);
        Assert.AreEqual((1 + 2 / 3.0) / 3, Value(values, "map_at_10"), 1e-12);
        Assert.AreEqual(0.2, Value(values, "precision_at_10"), 1e-12);
        Assert.AreEqual(1, Value(values, "mrr_at_1"), 1e-12);
    }

    [TestMethod]
    public void Of_NothingRelevant_IsZeroAndNotUndefined()
    {
        CollectionAssert.AreEqual(new double[RetrievalMetrics.Names.Length], RetrievalMetrics.Of([0, 0], [0]));
    }

    [TestMethod]
    [DataRow("d10", "d9", -1)]
    [DataRow("d1", "d10", -1)]
    [DataRow("a", "a", 0)]
    [DataRow("\uFFFD", "\U0001F600", -1)]
    [DataRow("\uE000", "\uD7FF", 1)]
    public void TrecOrder_TwoIds_AreOrderedByTheirUtf8Bytes(string left, string right, int expected)
    {
        Assert.AreEqual(expected, Math.Sign(TrecOrder.Compare(left, right)));
        Assert.AreEqual(
            expected, Math.Sign(Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right))));
    }

    private static double Value(double[] values, string name) => values[Array.IndexOf(RetrievalMetrics.Names, name)];
}
