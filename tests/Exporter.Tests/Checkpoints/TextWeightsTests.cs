
namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class TextWeightsTests
{
    [TestMethod]
    [DataRow("model.norm.weight")]
    [DataRow("language_model.model.norm.weight")]
    [DataRow("model.language_model.norm.weight")]
    public void Take_AnyKnownPrefix_IsTheSameTensor(string stored)
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = Checkpoint(folder, new SafetensorsBuilder().AddFloats(stored, 4));
        var weights = new TextWeights(folder.Path, checkpoint);

        weights.Take("model.norm.weight", "target", [4]);
        weights.Verify();

        Assert.AreEqual(new TensorCoverage(stored, weights.Coverage[0].Shape, CoverageStatus.Matched, "target", null), weights.Coverage[0]);
    }

    [TestMethod]
    public void Fingerprint_OtherPrefix_IsTheSameAndOtherTypeIsNot()
    {
        Assert.AreEqual(Fingerprint("model.norm.weight"), Fingerprint("language_model.model.norm.weight"));
        Assert.AreNotEqual(Fingerprint("model.norm.weight"), Fingerprint("model.norm.weight", "BF16"));
    }

    [TestMethod]
    public void Verify_VisionTensors_AreDroppedWithAReason()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = Checkpoint(folder, new SafetensorsBuilder()
            .AddFloats("vision_tower.a", 1).AddFloats("model.vision_tower.b", 1)
            .AddFloats("multi_modal_projector.c", 1).AddFloats("model.multi_modal_projector.d", 1));
        var weights = new TextWeights(folder.Path, checkpoint);

        weights.Verify();

        Assert.HasCount(4, weights.Coverage);
        Assert.IsTrue(weights.Coverage.All(c => c is { Status: CoverageStatus.Dropped, Target: null }));
        Assert.IsTrue(weights.Coverage.All(c => c.Reason!.StartsWith("vision part")));
    }

    [TestMethod]
    public void Verify_MissingTensors_NamesThemAll()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = Checkpoint(folder, new SafetensorsBuilder());
        var weights = new TextWeights(folder.Path, checkpoint);
        weights.Take("model.a", "a", [1]);
        weights.TakeTransposed("model.b", "b", [1, 1]);

        var error = Assert.ThrowsExactly<InvalidDataException>(weights.Verify);

        StringAssert.Contains(error.Message, "2 tensors of the model: model.a, model.b");
    }

    [TestMethod]
    public void Verify_TensorThatNobodyTakes_IsRefusedByName()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = Checkpoint(folder, new SafetensorsBuilder().AddFloats("model.layers.0.extra.weight", 1));

        var error = Assert.ThrowsExactly<NotSupportedException>(new TextWeights(folder.Path, checkpoint).Verify);

        StringAssert.Contains(error.Message, "model.layers.0.extra.weight");
    }

    [TestMethod]
    public void Constructor_SameTensorUnderTwoPrefixes_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = Checkpoint(folder,
            new SafetensorsBuilder().AddFloats("model.norm.weight", 1).AddFloats("language_model.model.norm.weight", 1));

        var error = Assert.ThrowsExactly<InvalidDataException>(() => new TextWeights(folder.Path, checkpoint));

        StringAssert.Contains(error.Message, "'model.norm.weight' twice");
    }

    [TestMethod]
    public void Take_OtherShape_SaysBoth()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = Checkpoint(folder, new SafetensorsBuilder().AddFloats("model.a", 2, 3));
        var weights = new TextWeights(folder.Path, checkpoint);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => weights.Take("model.a", "a", [3, 2]));

        StringAssert.Contains(error.Message, "[2, 3]");
        StringAssert.Contains(error.Message, "[3, 2]");
    }

    [TestMethod]
    public void Take_QuantisedTensor_IsNotSupported()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = Checkpoint(folder, new SafetensorsBuilder().Add("model.a", "U8", [2], [1, 2]));
        var weights = new TextWeights(folder.Path, checkpoint);

        var error = Assert.ThrowsExactly<NotSupportedException>(() => weights.Take("model.a", "a", [2]));

        StringAssert.Contains(error.Message, "type U8");
    }

    [TestMethod]
    public void AreEqual_OneStorageUnderTwoNames_ReadsNothing()
    {
        using var folder = new TemporaryFolder();
        new TorchPickleBuilder().AddFloats("model.a", 6).Tie("model.b", "model.a").AddFloats("model.c", 6)
            .Save(folder.File("pytorch_model.bin"));
        using var checkpoint = CheckpointFiles.Open(folder.Path);
        var weights = new TextWeights(folder.Path, checkpoint);
        Assert.IsTrue(weights.AreEqual("model.a", "model.c"));
        File.WriteAllBytes(folder.File("pytorch_model.bin"), []);

        Assert.IsTrue(weights.AreEqual("model.a", "model.b"));
        Assert.ThrowsExactly<InvalidDataException>(() => weights.AreEqual("model.a", "model.c"));
    }

    private static string Fingerprint(string name, string dtype = "F16")
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = Checkpoint(folder, new SafetensorsBuilder().Add(name, dtype, [4], new byte[8]));
        var weights = new TextWeights(folder.Path, checkpoint);
        weights.Take("model.norm.weight", "target", [4]);
        return weights.Fingerprint();
    }

    private static CheckpointFiles Checkpoint(TemporaryFolder folder, SafetensorsBuilder builder)
    {
        builder.Save(folder.File("model.safetensors"));
        return CheckpointFiles.Open(folder.Path);
    }
}
