namespace XlLoraOnnx.Training.Tests;

/// <summary>Steps of the demonstration's encoder, with what drops out in it.</summary>
[TestClass]
public sealed class EncoderStepsTests
{
    private static readonly DropoutRates Dropout = new(0.1, 0.1, 0.1, 0.1);

    [TestMethod]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(7)]
    public void ComputeGradients_AnyNumberOfThreads_GivesTheSameBits(int threads) =>
        CollectionAssert.AreEqual(Gradients(threads: 1, Dropout), Gradients(threads, Dropout));

    // fewer tokens than a weight has columns: ONNX Runtime would share these, and round otherwise
    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    [DataRow(6)]
    public void ComputeGradients_FewRowsAndAnyNumberOfThreads_GivesTheSameBits(int rows)
    {
        foreach (var threads in (int[])[2, 3, 7])
            CollectionAssert.AreEqual(Gradients(threads: 1, Dropout, rows: rows), Gradients(threads, Dropout, rows: rows), $"{threads}");
        CollectionAssert.AreEqual(Gradients(threads: 1, Dropout, chunkTexts: 2, rows: rows), Gradients(threads: 3, Dropout, chunkTexts: 2, rows: rows));
    }

    [TestMethod]
    public void ComputeGradients_SameStepAgain_GivesTheSameBitsAndAnotherStepOthers()
    {
        CollectionAssert.AreEqual(Gradients(threads: 0, Dropout, step: 3), Gradients(threads: 0, Dropout, step: 3));
        CollectionAssert.AreNotEqual(Gradients(threads: 0, Dropout, step: 3), Gradients(threads: 0, Dropout, step: 4));
    }

    [TestMethod]
    [DataRow(null, true)]
    [DataRow(50, false)]
    public void ComputeGradients_InPartsOrAgain_GivesTheSameGradients(int? chunkTexts, bool checkpointing)
    {
        var expected = Gradients(threads: 0, default);
        var found = Gradients(threads: 0, default, chunkTexts: chunkTexts, checkpointing: checkpointing);
        var largest = expected.Max(MathF.Abs);
        for (var i = 0; i < expected.Length; i++)
            Assert.AreEqual(expected[i], found[i], 1e-5f * largest, $"[{i}]");
    }

    private static float[] Gradients(
        int threads, DropoutRates dropout, long step = 0, int? chunkTexts = null, bool checkpointing = false, int rows = 64)
    {
        using var checkpoint = EncoderCheckpoint.Open(Repository.DemoEncoder());
        using var parameters = new CheckpointParameters(checkpoint.Weights, checkpoint.Graph);
        var settings = new ContrastiveSettings(EncoderPooler.AvgFirstLast.Output(), 3) { Dropout = dropout, Checkpointing = checkpointing };
        using var steps = new EncoderSteps(checkpoint.Graph, settings, parameters.All, chunkTexts, threads, seed: 5);
        var gradients = parameters.All.Select(p => new ParameterGradient(p)).ToArray();
        var loss = steps.ComputeGradients(Batch(rows), step, gradients, CancellationToken.None);
        return [loss, .. gradients.SelectMany(g => g.Dense.ToArray().Concat(g.Rows.Values.SelectMany(r => r)))];
    }

    private static EncoderBatch Batch(int rows)
    {
        int[][] texts = [.. Enumerable.Range(0, 3 * rows).Select(text => Enumerable.Range(0, 4 + CounterRandom.Below(20, 1, (ulong)text, 0))
            .Select(i => 5 + CounterRandom.Below(1000, 1, (ulong)text, (ulong)i + 1)).ToArray())];
        return new EncoderBatch(texts, padTokenId: 1) { TextsPerRow = 3, Rows = [.. Enumerable.Range(0, rows)] };
    }
}
