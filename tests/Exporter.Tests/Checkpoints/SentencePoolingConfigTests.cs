namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class SentencePoolingConfigTests
{
    [TestMethod]
    [DataRow("""{"pooling_mode_cls_token":true,"pooling_mode_mean_tokens":false}""", "cls")]
    [DataRow("""{"pooling_mode_mean_tokens":true}""", "mean")]
    [DataRow("""{"pooling_mode_max_tokens":true}""", "max")]
    [DataRow("""{"pooling_mode_lasttoken":true}""", "last")]
    [DataRow("""{"pooling_mode_mean_sqrt_len_tokens":true}""", "mean_sqrt_len")]
    [DataRow("""{"pooling_mode_weightedmean_tokens":true}""", "weighted_mean")]
    [DataRow("""{"pooling_mode_lasttoken":true,"pooling_mode_mean_tokens":true,"pooling_mode_cls_token":true}""", "cls+mean+last")]
    [DataRow("""{"pooling_mode_mean_tokens":false,"pooling_mode_of_tomorrow":false}""", "mean")]
    [DataRow("""{"word_embedding_dimension":64}""", "mean")]
    [DataRow("""{"pooling_mode":"cls"}""", "cls")]
    [DataRow("""{"pooling_mode":"lasttoken","include_prompt":true}""", "last")]
    [DataRow("""{"pooling_mode":["weightedmean"]}""", "weighted_mean")]
    [DataRow("""{"pooling_mode":["mean","cls","mean_sqrt_len_tokens"]}""", "mean+cls+mean_sqrt_len")]
    [DataRow("""{"pooling_mode":"max","pooling_mode_cls_token":true}""", "max")]
    public void Read_EveryWayToSayIt_GivesThePoolingsInTheirOrder(string json, string poolings)
    {
        using var folder = new TemporaryFolder();

        Assert.AreEqual(poolings, Read(folder, json).Name());
        CollectionAssert.AreEqual(EmbeddingPoolings.Parse(poolings).ToArray(), Read(folder, json).ToArray());
    }

    [TestMethod]
    [DataRow("""{"pooling_mode":"attention"}""", "'attention' is not supported, cls, max, mean")]
    [DataRow("""{"pooling_mode":["cls","splade"]}""", "'splade'")]
    [DataRow("""{"pooling_mode_of_tomorrow":true}""", "pooling_mode_of_tomorrow is true")]
    [DataRow("""{"pooling_mode":"mean","include_prompt":false}""", "include_prompt is false")]
    public void Read_WhatNoGraphDoes_IsRefusedByName(string json, string named)
    {
        using var folder = new TemporaryFolder();

        var error = Assert.ThrowsExactly<NotSupportedException>(() => Read(folder, json));

        StringAssert.Contains(error.Message, named);
        StringAssert.Contains(error.Message, "the remedy.");
    }

    [TestMethod]
    [DataRow("""{"pooling_mode":[]}""")]
    [DataRow("""{"pooling_mode":1}""")]
    [DataRow("""{"pooling_mode":[1]}""")]
    [DataRow("""{"pooling_mode_cls_token":"yes"}""")]
    public void Read_WrongTypes_SayFileFieldAndWhatIsExpected(string json)
    {
        using var folder = new TemporaryFolder();

        var error = Assert.ThrowsExactly<InvalidDataException>(() => Read(folder, json));

        StringAssert.Contains(error.Message, "config.json': pooling_mode");
        StringAssert.Contains(error.Message, "expected");
    }

    private static IReadOnlyList<EmbeddingPooling> Read(TemporaryFolder folder, string json) =>
        SentencePoolingConfig.Read(folder.Write("config.json", json), "the remedy");
}
