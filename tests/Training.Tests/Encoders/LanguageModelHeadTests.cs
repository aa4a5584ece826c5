namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class LanguageModelHeadTests
{
    [TestMethod]
    [DataRow("bert", 1577, 5)]
    [DataRow("xlm-roberta", 1320, 5)]
    [DataRow("modernbert", 2000, 3)]
    public void Constructor_HeadOfTheFamily_IsRead(string model, int words, int tensors)
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = EncoderCheckpoint.Open(EncoderModels.WithHead(folder, model, 64, words));
        using var head = new LanguageModelHead(checkpoint);

        Assert.HasCount(tensors, head.Parameters);
        foreach (var (i, parameter) in head.Parameters.Index())
            Assert.HasCount(parameter.Length, parameter.Values.ToArray().Where(float.IsFinite).ToArray(), $"{i}");
        CollectionAssert.AreEqual(TrainingSteps.Numbers(64 * 64, 100), head.Parameters[0].Values.ToArray());
        StringAssert.StartsWith(head.Table, "model.embeddings.");
    }

    [TestMethod]
    [DataRow("demo-encoder", "lm_head.dense.weight")]
    [DataRow("bert", "cls.predictions.transform.dense.weight")]
    [DataRow("modernbert", "head.dense.weight")]
    public void Constructor_CheckpointWithoutOne_IsRefusedByName(string model, string tensor)
    {
        using var checkpoint = EncoderCheckpoint.Open(EncoderModels.Folder(model));

        var message = Assert.ThrowsExactly<NotSupportedException>(() => new LanguageModelHead(checkpoint)).Message;

        StringAssert.Contains(message, tensor);
        StringAssert.Contains(message, "ForMaskedLM");
    }

    [TestMethod]
    public void Constructor_PartOfOne_IsRefusedByWhatIsMissing()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = EncoderCheckpoint.Open(EncoderModels.WithHead(folder, "bert", 64, 1577,
            name => name == "cls.predictions.bias" ? null : name));

        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => new LanguageModelHead(checkpoint)).Message, "lacks cls.predictions.bias");
    }

    [TestMethod]
    public void Constructor_BiasUnderTheNameOfTheDecoder_IsTaken()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = EncoderCheckpoint.Open(EncoderModels.WithHead(folder, "xlm-roberta", 64, 1320,
            name => name == "lm_head.bias" ? "lm_head.decoder.bias" : name));
        using var head = new LanguageModelHead(checkpoint);

        CollectionAssert.AreEqual(
            TrainingSteps.Numbers(1320, 102), head.Parameters.Single(p => p.Name == "lm_head.bias").Values.ToArray());
    }

    [TestMethod]
    public void Constructor_HeadOfOtherWords_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = EncoderCheckpoint.Open(EncoderModels.WithHead(folder, "bert", 64, 1000));

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => new LanguageModelHead(checkpoint)).Message, "[1577]");
    }

    [TestMethod]
    public void Constructor_DecoderOfItsOwn_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var model = EncoderModels.WithHead(folder, "bert", 64, 1577);
        TestFolders.Edit(Path.Combine(model, "config.json"), c => c["tie_word_embeddings"] = false);
        using var checkpoint = EncoderCheckpoint.Open(model);

        StringAssert.Contains(
            Assert.ThrowsExactly<NotSupportedException>(() => new LanguageModelHead(checkpoint)).Message, "tie_word_embeddings");
    }
}
