namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class EncoderCheckpointTests
{
    [TestMethod]
    [DataRow("gemma3-text")]
    [DataRow("llama31")]
    public void Open_NoEncoder_IsRefusedByName(string model)
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(() => EncoderCheckpoint.Open(Repository.Data("models", model)));

        StringAssert.Contains(error.Message, "is no encoder");
        StringAssert.Contains(error.Message, "xlm-roberta");
    }

    [TestMethod]
    public void Open_DenseBehindThePooling_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = EncoderModels.Folder("bert").CopyTo(folder, "base");
        SentenceTransformersFiles.Write(checkpoint, """{"pooling_mode":"mean"}""", TestDense.Random(64, 64));

        StringAssert.Contains(
            Assert.ThrowsExactly<NotSupportedException>(() => EncoderCheckpoint.Open(checkpoint)).Message, "modules.json");
    }

    /// <summary>Of the folder's own way to pool nothing is left.</summary>
    [TestMethod]
    public void Open_SentenceTransformersFolder_GivesItsTransformer()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = EncoderModels.Folder("bert").CopyTo(folder, "base");
        SentenceTransformersFiles.Write(checkpoint, """{"pooling_mode":"of tomorrow"}""", "Normalize");
        folder.Write("base/sentence_bert_config.json", """{"max_seq_length":48,"do_lower_case":true}""");
        folder.Write("base/config_sentence_transformers.json", """{"prompts":{"q":"query: "},"default_prompt_name":"q"}""");

        using var opened = EncoderCheckpoint.Open(checkpoint);

        Assert.AreEqual((48, true, false), (opened.Facts.MaxSequenceLength, opened.Facts.DoLowerCase, opened.Facts.Normalize));
        Assert.IsTrue(opened.Notices.Any(n => n.Contains("query: ", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Open_MissingFolder_SaysSo() =>
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => EncoderCheckpoint.Open("not/there"));

    [TestMethod]
    [DataRow("bert", """{"hidden_dropout_prob":0.2,"attention_probs_dropout_prob":0.3}""", 0.2, 0.3, 0.2, 0.2)]
    [DataRow("xlm-roberta", "{}", 0.1, 0.1, 0.1, 0.1)]
    [DataRow("distilbert", """{"dropout":0.2}""", 0.2, 0.1, 0, 0.2)]
    [DataRow("modernbert", """{"attention_dropout":0.4,"mlp_dropout":0.5,"embedding_dropout":0.6}""", 0.6, 0.4, 0.4, 0.5)]
    [DataRow("modernbert", "{}", 0, 0, 0, 0)]
    public void Dropout_EachFamily_IsThatOfItsConfig(
        string family, string config, double embeddings, double attention, double output, double mlp)
    {
        using var folder = new TemporaryFolder();
        var dropout = EncoderDropout.Read(ConfigReader.Open(folder.Write("config.json", config)), family);

        Assert.AreEqual(new EncoderDropout(embeddings, attention, output, mlp), dropout);
        Assert.AreEqual(dropout, dropout.With(null));
        Assert.AreEqual(new EncoderDropout(0.25, 0.25, 0.25, 0.25), dropout.With(0.25));
    }

    [TestMethod]
    [DataRow("1")]
    [DataRow("-0.1")]
    public void Dropout_OutsideOfItsRange_IsRefused(string share)
    {
        using var folder = new TemporaryFolder();
        var config = ConfigReader.Open(folder.Write("config.json", $$"""{"hidden_dropout_prob":{{share}}}"""));

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => EncoderDropout.Read(config, "bert")).Message, share);
    }
}
