using System.Xml.Linq;

namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class TrainingCurvesTests
{
    [TestMethod]
    public void WriteCsv_StepsAndScores_StandInOneTable()
    {
        var history = new TrainingHistory();
        history.Add(new DevEvaluation(0, [new DevScore("sts, dev", 0.5)]));
        history.Add(new TrainedStep(1.25, 5e-5, 3));
        history.Add(new TrainedStep(0.1 + 0.2, 2.5E-05, 2));
        history.Add(new DevEvaluation(2, [new DevScore("sts, dev", double.NaN), new DevScore("ndcg", 7)]));
        history.Add(new TrainedStep(1, 0, 1));
        Assert.AreEqual("""
            step,epoch,loss,learning_rate,gradient_norm,"sts, dev",ndcg
            0,0,,,,0.5,
            1,0.3333,1.25,5E-05,3,,
            2,0.6667,0.30000000000000004,2.5E-05,2,NaN,7
            3,1,1,0,1,,

            """, TrainingCurvesCsv.Write(history, 3));
    }

    [TestMethod]
    public void WriteCsv_LossOfAMaskedLanguageModel_HasAColumn()
    {
        var history = new TrainingHistory();
        history.Add(new DevEvaluation(0, [new DevScore("sts", 0.5)]));
        history.Add(new TrainedStep(1.25, 5e-5, 3, 6.5));
        Assert.AreEqual("""
            step,epoch,loss,learning_rate,gradient_norm,mlm_loss,sts
            0,0,,,,,0.5
            1,1,1.25,5E-05,3,6.5,

            """, TrainingCurvesCsv.Write(history, 1));
    }

    [TestMethod]
    public void DrawSvg_LossesAndScores_AreTwoPanelsWithNamedAxes()
    {
        var history = History(40, [("sts-dev spearman", 8, 73), ("ndcg@10 <all>", 2, 49)]);
        var svg = XElement.Parse(TrainingCurvesSvg.Draw(history));
        var texts = Elements(svg, "text").Select(t => t.Value).ToArray();
        foreach (var text in new[]
        {
            "Training, 40 steps", "loss", "dev scores", "every step", "smoothed", "sts-dev spearman", "ndcg@10 <all>", "40",
        })
            CollectionAssert.Contains(texts, text);
        Assert.AreEqual(2, texts.Count(t => t == "steps"));
        Assert.HasCount(4, Elements(svg, "polyline").ToArray());
        Assert.HasCount(10, Elements(svg, "circle").ToArray());
        Assert.AreEqual(TrainingCurvesSvg.Draw(history), TrainingCurvesSvg.Draw(History(40,
            [("sts-dev spearman", 8, 73), ("ndcg@10 <all>", 2, 49)])), "the same bytes whenever it is drawn");
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(7)]
    [DataRow(601)]
    [DataRow(50_000)]
    public void DrawSvg_AnyNumberOfSteps_StaysWithinThePictureAndSmall(int steps)
    {
        var text = TrainingCurvesSvg.Draw(History(steps, [("negative", -3, -1)]));
        Assert.IsLessThan(60_000, text.Length);
        var svg = XElement.Parse(text);
        var (width, height) = ((double)svg.Attribute("width")!, (double)svg.Attribute("height")!);
        foreach (var line in Elements(svg, "polyline"))
        {
            foreach (var point in ((string)line.Attribute("points")!).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                var (x, y) = (double.Parse(point.Split(',')[0]), double.Parse(point.Split(',')[1]));
                Assert.IsTrue(x >= 0 && x <= width && y >= 0 && y <= height, $"{point} of {steps} steps");
            }
        }
    }

    [TestMethod]
    public void DrawSvg_NoDevSetsOrScoresThatAreNoNumbers_IsAPictureAllTheSame()
    {
        var history = new TrainingHistory();
        history.Add(new TrainedStep(1, 1, 1));
        var panel = XElement.Parse(TrainingCurvesSvg.Draw(history));
        Assert.AreEqual(1, Elements(panel, "text").Count(t => t.Value == "steps"));
        history.Add(new DevEvaluation(1, [new DevScore("dev", double.NaN)]));
        Assert.IsFalse(TrainingCurvesSvg.Draw(history).Contains("NaN", StringComparison.Ordinal));
    }

    [TestMethod]
    public void DrawSvg_AnOutlier_IsNotThinnedAway()
    {
        var history = new TrainingHistory();
        for (var i = 0; i < 10_000; i++)
            history.Add(new TrainedStep(i == 6789 ? 50 : 1, 1, 1));
        var raw = Elements(XElement.Parse(TrainingCurvesSvg.Draw(history)), "polyline").First();
        var highest = ((string)raw.Attribute("points")!).Split(' ').Min(p => double.Parse(p.Split(',')[1]));
        Assert.AreEqual(66.0, highest, "the top of the panel");
    }

    private static TrainingHistory History(int steps, (string Name, double From, double To)[] scores)
    {
        var history = new TrainingHistory();
        for (var i = 0; i < steps; i++)
            history.Add(new TrainedStep(3 * Math.Exp(-4.0 * i / steps) + 0.4 * CounterRandom.Unit(1, 2, (ulong)i), 1e-4, 1));
        for (var part = 0; part <= 4; part++)
            history.Add(new DevEvaluation(steps * part / 4,
                [.. scores.Select(s => new DevScore(s.Name, s.From + (s.To - s.From) * Math.Sqrt(part / 4.0)))]));
        return history;
    }

    private static IEnumerable<XElement> Elements(XElement svg, string name) => svg.Descendants(svg.Name.Namespace + name);
}
