using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class MatrixProductsTests
{
    [TestMethod]
    [DataRow(96, 384, 128, 8, 1)]       // columns are shared, and are few
    [DataRow(700, 3072, 768, 16, 9)]
    [DataRow(700, 3072, 768, 4, 4)]
    [DataRow(7, 100, 64, 4, 4)]         // one slice of K
    [DataRow(2048, 768, 768, 16, 16)]   // rows are shared
    [DataRow(5, 768, 5, 16, 2)]         // a row for each thread
    public void Threads_OfAProduct_AreThoseThatDoNotChangeIt(int m, int k, int n, int most, int expected)
    {
        var graph = Product(k, n);

        Assert.AreEqual(expected, new MatrixProducts(graph).Threads(new Dictionary<string, long> { ["m"] = m }, most));
    }

    [TestMethod]
    [DataRow(96, 384, 128)]
    [DataRow(700, 1024, 768)]
    [DataRow(5, 768, 5)]
    [DataRow(1, 768, 768)]
    public void Threads_ThatAreAllowed_GiveTheBitsOfOne(int m, int k, int n)
    {
        var graph = Product(k, n);
        var threads = new MatrixProducts(graph).Threads(new Dictionary<string, long> { ["m"] = m }, most: 16);

        CollectionAssert.AreEqual(Run(graph, m, k, n, threads: 1), Run(graph, m, k, n, threads));
    }

    private static TrainingGraph Product(int k, int n)
    {
        var graph = new TrainingGraph();
        graph.Input("x", OnnxType.Float, "m", k);
        graph.Input("y", OnnxType.Float, k, n);
        graph.Output(graph.Add("MatMul", ["x", "y"]));
        return graph;
    }

    private static float[] Run(TrainingGraph graph, int m, int k, int n, int threads)
    {
        using var session = new GraphSession(graph, threads);
        using var feed = new StepFeed([]);
        feed.Add("x", OrtValue.CreateTensorValueFromMemory(TrainingSteps.Numbers(m * k, stream: 1), [m, k]));
        feed.Add("y", OrtValue.CreateTensorValueFromMemory(TrainingSteps.Numbers(k * n, stream: 2), [k, n]));
        using var results = session.Run(feed.Values, [graph.Proto.Output[0].Name]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
