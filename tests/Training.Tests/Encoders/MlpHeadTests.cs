namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class MlpHeadTests
{
    [TestMethod]
    public void Constructor_CheckpointWithoutOne_DrawsWhatTransformersDraws()
    {
        using var checkpoint = EncoderCheckpoint.Open(Repository.DemoEncoder());
        using var head = new MlpHead(checkpoint, seed: 42);
        using var again = new MlpHead(checkpoint, seed: 42);
        using var other = new MlpHead(checkpoint, seed: 43);

        var weight = head.TorchWeight();
        Assert.AreEqual((128, 128 * 128, 128), (head.Size, weight.Length, head.Bias.Length));
        Assert.IsTrue(head.Bias.Values.ToArray().All(v => v == 0));
        // 16,384 normal numbers of deviation 0.02: within five standard errors
        Assert.AreEqual(0, weight.Average(), 5 * 0.02 / 128);
        Assert.AreEqual(0.02, Math.Sqrt(weight.Average(v => (double)v * v)), 5 * 0.02 / 181);
        Assert.AreEqual(0.0027, weight.Count(v => Math.Abs(v) > 0.06) / 16384.0, 0.002);
        CollectionAssert.AreEqual(weight, again.TorchWeight());
        CollectionAssert.AreNotEqual(weight, other.TorchWeight());
    }

    [TestMethod]
    public void Constructor_CheckpointThatHasOne_TakesIt()
    {
        using var folder = new TemporaryFolder();
        var model = EncoderModels.Renamed(folder, "bert", name => name, tensors =>
            tensors.AddNumbers("mlp.dense.weight", [64, 64], 5).AddNumbers("mlp.dense.bias", [64], 6));
        using var checkpoint = EncoderCheckpoint.Open(model);
        using var head = new MlpHead(checkpoint, seed: 42);

        var stored = TrainingSteps.Numbers(64 * 64, 5);
        CollectionAssert.AreEqual(stored, head.TorchWeight());
        Assert.AreEqual(stored[3 * 64 + 8], head.Weight.Values[8 * 64 + 3], "[in, out]");
        CollectionAssert.AreEqual(TrainingSteps.Numbers(64, 6), head.Bias.Values.ToArray());
    }

    [TestMethod]
    public void Constructor_HeadOfAnotherSize_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var model = EncoderModels.Renamed(folder, "bert", name => name, tensors =>
            tensors.AddNumbers("mlp.dense.weight", [32, 64], 5).AddNumbers("mlp.dense.bias", [32], 6));
        using var checkpoint = EncoderCheckpoint.Open(model);

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => new MlpHead(checkpoint, 1)).Message, "[32, 64]");
    }
}
