using System.Text.Json.Nodes;

namespace XlLoraOnnx.Exporter.Tests;

/// <summary>What is read of Dense modules, and what is refused before a weight is written.</summary>
[TestClass]
public sealed class DenseModuleTests
{
    [TestMethod]
    public void Export_DenseModules_AreInManifestCoverageAndFingerprint()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Checkpoint(
            folder, TestDense.Random(64, 96, "linear.Identity", bias: false), "Normalize", TestDense.Random(96, 32));

        var report = ModelExporter.Export(checkpoint, folder.File("out"));

        var encoder = ModelManifest.Read(folder.File("out")).Encoder!;
        Assert.AreEqual((32, false), (encoder.Dimension, encoder.Normalize));
        CollectionAssert.AreEqual((DenseFacts[])[
            Facts("2_Dense", 64, 96, bias: false, "identity", normalizesInput: false),
            Facts("4_Dense", 96, 32, bias: true, "tanh", normalizesInput: true)], encoder.Dense!.ToArray());
        var dense = report.Coverage.Where(c => c.Tensor.Contains("Dense", StringComparison.Ordinal)).ToArray();
        CollectionAssert.AreEquivalent((string[])["2_Dense.linear.weight", "4_Dense.linear.weight", "4_Dense.linear.bias"],
            dense.Select(c => c.Tensor).ToArray());
        Assert.IsTrue(dense.All(c => c.Status == CoverageStatus.Matched));
        Assert.AreNotEqual(ModelManifest.Read(folder.Export("bert")).BaseFingerprint, report.BaseFingerprint);
    }

    [TestMethod]
    [DataRow("""{"activation_function":"torch.nn.modules.activation.Mish"}""", "torch.nn.modules.activation.Mish\"; torch's")]
    [DataRow("""{"activation_function":"mine.Tanh"}""", "Identity, Tanh, ReLU, GELU, Sigmoid, SiLU")]
    [DataRow("""{"module_input_name":"token_embeddings"}""", "module_input_name is \"token_embeddings\": modules")]
    [DataRow("""{"module_output_name":"other"}""", "module_output_name")]
    public void Plan_WhatNoGraphDoes_IsRefusedByName(string change, string named)
    {
        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => Plan(change)).Message, named);
    }

    [TestMethod]
    [DataRow("""{"in_features":32}""", "in_features is 32, and what comes before gives 64 numbers")]
    [DataRow("""{"out_features":0}""", "out_features is 0, expected an integer of at least 1")]
    [DataRow("""{"out_features":null}""", "out_features is absent, expected")]
    [DataRow("""{"out_features":9}""", "2_Dense.linear.weight' has shape [8, 64]; ")]
    [DataRow("""{"activation_function":null}""", "it is null, expected the name of a class")]
    public void Plan_WrongNumbers_SayFileFieldAndWhatIsExpected(string change, string named)
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(() => Plan(change));

        StringAssert.Contains(error.Message, named);
        StringAssert.Contains(error.Message, "2_Dense");
    }

    [TestMethod]
    public void Plan_BiasThatIsNotThere_IsNamed()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Checkpoint(folder, TestDense.Random(64, 8, bias: false));
        TestFolders.Edit(Path.Combine(checkpoint, "2_Dense", "config.json"), c => c["bias"] = true);

        var missing = Assert.ThrowsExactly<InvalidDataException>(() => ModelExporter.Export(checkpoint, folder.File("out")));

        StringAssert.Contains(missing.Message, "2_Dense.linear.bias");
    }

    [TestMethod]
    public void Plan_TensorThatTheModuleDoesNotUse_IsRefusedByName()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Checkpoint(folder, TestDense.Random(64, 8));
        TestFolders.Edit(Path.Combine(checkpoint, "2_Dense", "config.json"), c => c["bias"] = false);

        var unknown = Assert.ThrowsExactly<NotSupportedException>(() => ModelExporter.Export(checkpoint, folder.File("out")));

        StringAssert.Contains(unknown.Message, "2_Dense.linear.bias");
    }

    [TestMethod]
    public void Plan_WeightsUnderAnotherName_SaysToConvert()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Checkpoint(folder, TestDense.Random(64, 8));
        File.Move(Path.Combine(checkpoint, "2_Dense", "model.safetensors"), Path.Combine(checkpoint, "2_Dense", "model.msgpack"));

        var error = Assert.ThrowsExactly<NotSupportedException>(() => ModelExporter.Export(checkpoint, folder.File("out")));

        StringAssert.Contains(error.Message, "2_Dense");
        StringAssert.Contains(error.Message, "in sentence-transformers where it has a modules.json");
    }

    [TestMethod]
    public void Export_DenseAsAPickle_GivesTheBytesOfSafetensors()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Checkpoint(folder, TestDense.Random(64, 8));
        ModelExporter.Export(checkpoint, folder.File("a"));
        TorchCheckpoint.Replace(
            Path.Combine(checkpoint, "2_Dense", "model.safetensors"), Path.Combine(checkpoint, "2_Dense", "pytorch_model.bin"));

        var report = ModelExporter.Export(checkpoint, folder.File("b"));

        CollectionAssert.AreEqual(File.ReadAllBytes(folder.File("a/model.onnx.data")), File.ReadAllBytes(folder.File("b/model.onnx.data")));
        StringAssert.Contains(string.Join('\n', report.Notices), "nothing in it was run");
    }

    [TestMethod]
    [DataRow("LayerNorm")]
    [DataRow("WordWeights")]
    [DataRow("CNN")]
    [DataRow("LSTM")]
    public void Plan_OtherModules_AreRefusedByNameWithoutAPromiseOfTheSameVectors(string module)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Checkpoint(folder, module);

        var error = Assert.ThrowsExactly<NotSupportedException>(() => ModelExporter.Export(checkpoint, folder.File("out")));

        StringAssert.Contains(error.Message, $"module {module}; Transformer, WeightedLayerPooling, Pooling, Dense, Normalize, Dropout are supported");
        StringAssert.Contains(error.Message, "its vectors are others than this model's");
    }

    [TestMethod]
    public void Export_GeneratorWithADenseBesideIt_LeavesItOutAndSaysSo()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Repository.Data("models", "llama31").CopyTo(folder, "checkpoint");
        SentenceTransformersFiles.Write(checkpoint, """{"pooling_mode":"lasttoken"}""", TestDense.Random(64, 8));

        var report = ModelExporter.Export(checkpoint, folder.File("out"));

        Assert.IsNull(report.Encoder);
        var dropped = report.Coverage.Where(c => c.Status == CoverageStatus.Dropped).ToArray();
        Assert.HasCount(2, dropped);
        Assert.IsTrue(dropped.All(c => c.Reason!.Contains("this export generates text", StringComparison.Ordinal)));
    }

    private static DenseFacts Facts(string path, int @in, int @out, bool bias, string activation, bool normalizesInput) => new()
    {
        Path = path,
        InFeatures = @in,
        OutFeatures = @out,
        Bias = bias,
        Activation = activation,
        Residual = false,
        NormalizesInput = normalizesInput,
    };

    private static void Plan(string change)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Checkpoint(folder, TestDense.Random(64, 8));
        TestFolders.Edit(Path.Combine(checkpoint, "2_Dense", "config.json"), config =>
        {
            foreach (var (name, value) in JsonNode.Parse(change)!.AsObject())
                config[name] = value?.DeepClone();
        });
        ModelExporter.Export(checkpoint, folder.File("out"));
    }

    private static string Checkpoint(TemporaryFolder folder, params object[] modules)
    {
        var checkpoint = Repository.Data("models", "bert").CopyTo(folder, "checkpoint");
        SentenceTransformersFiles.Write(checkpoint, """{"pooling_mode":"mean"}""", modules);
        return checkpoint;
    }
}
