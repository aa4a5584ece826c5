namespace XlLoraOnnx.Parity.Tests;

/// <summary>The reference itself, against logits that transformers recorded.</summary>
[TestClass]
public sealed class ReferenceDecoderTests
{
    [TestMethod]
    [DataRow("llama31")]
    [DataRow("llama32-tied")]
    [DataRow("gemma2")]
    [DataRow("gemma3-text")]
    [DataRow("gemma3-text-ropescaled")]
    [DataRow("gemma3-multimodal")]
    public void Logits_RecordedModel_AreTheRecorded(string model)
    {
        var decoder = ReferenceDecoder.Open(Repository.Data("models", model));

        foreach (var prompt in RecordedPrompt.Read(model).OrderBy(p => p.Ids.Length).Take(2))
        {
            var logits = decoder.Logits(prompt.Ids);
            Assert.IsLessThan(1e-4, prompt.LargestDifference([.. logits[^1].Select(v => (float)v)], logits[^1].Length));
        }
    }
}
