
namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class GenerationConfigTests
{
    [TestMethod]
    public void Read_GenerationConfig_GoesBeforeConfig()
    {
        var read = Read("""{"bos_token_id":9,"eos_token_id":9,"pad_token_id":9}""", """
            {"bos_token_id":2,"eos_token_id":[1,6,1],"pad_token_id":0,
             "do_sample":true,"temperature":0.5,"top_k":64,"top_p":0.95,"repetition_penalty":1.1}
            """);

        Assert.AreEqual(2, read.BosTokenId);
        CollectionAssert.AreEqual((int[])[1, 6], read.EosTokenIds.ToArray());
        Assert.AreEqual(0, read.PadTokenId);
        var expected = new SamplingFacts { DoSample = true, Temperature = 0.5f, TopK = 64, TopP = 0.95f, RepetitionPenalty = 1.1f };
        Assert.AreEqual(expected, read.Sampling);
    }

    [TestMethod]
    public void Read_NoGenerationConfig_TakesIdsOfConfigAndDefaultsOfSampling()
    {
        var read = Read("""{"bos_token_id":2,"eos_token_id":1,"text_config":{"pad_token_id":0,"eos_token_id":5}}""", null);

        CollectionAssert.AreEqual((int[])[1], read.EosTokenIds.ToArray());
        Assert.AreEqual(0, read.PadTokenId);
        var expected = new SamplingFacts { DoSample = false, Temperature = 1, TopK = 50, TopP = 1, RepetitionPenalty = 1 };
        Assert.AreEqual(expected, read.Sampling);
    }

    [TestMethod]
    [DataRow("null")]
    [DataRow("-1", DisplayName = "as some Llama configs write it")]
    public void Read_NoPad_TakesTheFirstStopToken(string pad)
    {
        Assert.AreEqual(6, Read($$"""{"bos_token_id":2,"eos_token_id":[6,1],"pad_token_id":{{pad}}}""", null).PadTokenId);
    }

    [TestMethod]
    [DataRow("""{"bos_token_id":2}""", "eos_token_id", DisplayName = "no stop token")]
    [DataRow("""{"bos_token_id":2,"eos_token_id":10}""", "eos_token_id 10", DisplayName = "beyond the vocabulary")]
    [DataRow("""{"bos_token_id":-1,"eos_token_id":1}""", "bos_token_id -1", DisplayName = "negative")]
    [DataRow("""{"bos_token_id":2,"eos_token_id":"1"}""", "expected an integer", DisplayName = "text")]
    public void Read_BadIds_SaysWhich(string config, string message)
    {
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Read(config, null)).Message, message);
    }

    private static GenerationConfig Read(string config, string? generation)
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", config);
        if (generation is not null)
            folder.Write("generation_config.json", generation);
        return GenerationConfig.Read(folder.Path, ConfigReader.Open(folder.File("config.json")), vocabSize: 10);
    }
}
