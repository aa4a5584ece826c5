namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class FusionScoresTests
{
    [TestMethod]
    public void ToList_OfClasses_HasAccuracyFirst()
    {
        var scores = new FusionScores(TextTask.Xnli);
        scores.Add(Batch((0, 0), (1, 0)), loss: 0.5, [[3, 1, 2, 1, 0, 4]]);
        scores.Add(Batch((2, 0)), loss: 2, [[1, 1, 5]]);

        Assert.AreEqual(("dev accuracy", 2.0 / 3), Pair(scores.ToList()[0]));
        Assert.AreEqual(("dev log-likelihood", -1.0), Pair(scores.ToList()[1]));
    }

    /// <summary>sklearn.metrics.f1_score(…, average="macro"): of 0 0.8, of 1 0.5, of 2 0.</summary>
    [TestMethod]
    public void ToList_OfSentiment_HasTheMeanF1OfTheClassesFirst()
    {
        var scores = new FusionScores(TextTask.NusaX);
        scores.Add(Batch((0, 0), (0, 0), (1, 0), (1, 0), (2, 0)), loss: 0,
            [[1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0]]);

        Assert.AreEqual("dev macro-F1", scores.ToList()[0].Name);
        Assert.AreEqual((0.8 + 0.5 + 0) / 3, scores.ToList()[0].Value, 1e-12);
    }

    [TestMethod]
    public void ToList_OfAnswers_CountsThoseWithBothEndsRight()
    {
        var scores = new FusionScores(TextTask.TyDiQa);
        scores.Add(Batch((1, 2), (1, 2)), loss: 1, [[0, 9, 0, 0, 9, 0], [0, 0, 9, 0, 9, 0]]);

        Assert.AreEqual(("dev exact tokens", 0.5), Pair(scores.ToList()[0]));
    }

    private static (string, double) Pair(DevScore score) => (score.Name, score.Value);

    private static FusionBatch Batch(params (int First, int Last)[] labels) =>
        new([.. labels.Select((l, i) => new FusionExample([0, 1, 2], null, l.First, l.Last, i))], length: null, 1, 1);
}
