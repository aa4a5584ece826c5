
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

    [TestMethod]
    public void Read_NeitherFileHasIds_TakesThoseOfTheClassAndNamesThem()
    {
        var read = Read("""{"eos_token_id":[1,6]}""", null, new TokenDefaults("Gemma3TextConfig", 2, 1, 0));

        Assert.AreEqual((2, 0), (read.BosTokenId, read.PadTokenId));
        CollectionAssert.AreEqual((int[])[1, 6], read.EosTokenIds.ToArray(), "those of config.json go before the class");
        CollectionAssert.AreEqual(new[] { "bos_token_id 2", "pad_token_id 0" }, read.Assumed.ToArray());
    }

    [TestMethod]
    public void Read_NullForAnId_IsNoDefault()
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(
            () => Read("""{"bos_token_id":null}""", """{"eos_token_id":1}""", new TokenDefaults("LlamaConfig", 1, 2, null)));

        StringAssert.Contains(error.Message, "bos_token_id");
    }

    [TestMethod]
    [DataRow("""{"min_p":0.05,"repetition_penalty":1.2,"top_k":20}""", "", DisplayName = "used")]
    [DataRow("""{"typical_p":1.0,"num_beams":1,"no_repeat_ngram_size":0,"max_length":20,"guidance_scale":null,"bad_words_ids":[]"""
        + ""","token_healing":false,"sequence_bias":{},"epsilon_cutoff":0.0}""", "", DisplayName = "neutral")]
    [DataRow("""{"transformers_version":"5.2.0","_from_model_config":true,"use_cache":true"""
        + ""","cache_implementation":"hybrid","output_scores":true,"renormalize_logits":true}""", "", DisplayName = "without effect")]
    [DataRow("""{"early_stopping":true,"length_penalty":2.0}""", "", DisplayName = "of beams, which nobody asks for")]
    [DataRow("""{"num_beams":4,"length_penalty":2.0}""", "num_beams 4; length_penalty 2.0")]
    [DataRow("""{"typical_p":0.9,"no_repeat_ngram_size":3}""", "typical_p 0.9; no_repeat_ngram_size 3")]
    [DataRow("""{"bad_words_ids":[[5],[6,7]],"suppress_tokens":[1],"begin_suppress_tokens":[2]}""",
        "bad_words_ids [[5],[6,7]]; suppress_tokens [1]; begin_suppress_tokens [2]")]
    [DataRow("""{"forced_bos_token_id":3,"forced_eos_token_id":0}""", "forced_bos_token_id 3; forced_eos_token_id 0")]
    [DataRow("""{"max_new_tokens":64,"max_length":4096,"min_new_tokens":4}""", "max_new_tokens 64; max_length 4096; min_new_tokens 4")]
    [DataRow("""{"penalty_alpha":0.6,"stop_strings":["\n\n"],"a_field_of_tomorrow":2}""",
        "penalty_alpha 0.6; stop_strings [\"\\n\\n\"]; a_field_of_tomorrow 2", DisplayName = "and what nobody knows")]
    public void Read_FieldsOfGenerationConfig_AreUsedNeutralOrNamed(string generation, string ignored)
    {
        var read = Read("""{"bos_token_id":2,"eos_token_id":1}""", generation);

        Assert.AreEqual(ignored, string.Join("; ", read.Ignored));
    }

    [TestMethod]
    public void Read_MinP_IsUsed()
    {
        Assert.AreEqual(0.05f, Read("""{"bos_token_id":2,"eos_token_id":1}""", """{"min_p":0.05}""").Sampling.MinP);
    }

    [TestMethod]
    [DataRow("1.5")]
    [DataRow("-0.1")]
    public void Read_MinPOutOfRange_IsRefused(string value)
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(
            () => Read("""{"bos_token_id":2,"eos_token_id":1}""", $$"""{"min_p":{{value}}}"""));

        StringAssert.Contains(error.Message, $"generation_config.json': min_p is {value}, expected a number from 0");
    }

    private static GenerationConfig Read(string config, string? generation, TokenDefaults? defaults = null)
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", config);
        if (generation is not null)
            folder.Write("generation_config.json", generation);
        return GenerationConfig.Read(folder.Path, ConfigReader.Open(folder.File("config.json")), vocabSize: 10, defaults);
    }
}
