using System.Text.Json;

namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>Every recorded text against the tokenizers library: each id, and each decoded text.</summary>
[TestClass]
public sealed class TokenizerCasesTests
{
    [TestMethod]
    [DataRow("gemma")]
    [DataRow("llama")]
    [DataRow("xlmr")]
    [DataRow("bert")]
    public void EncodeToIds_RecordedTexts_EqualTheReference(string name)
    {
        var tokenizer = Load(name);
        var bare = tokenizer.WithSpecialTokens(false);
        foreach (var c in Cases(name))
        {
            var text = c.GetProperty("text").GetString()!;
            CollectionAssert.AreEqual(Ids(c, "ids"), tokenizer.EncodeToIds(text).ToArray(), text);
            CollectionAssert.AreEqual(Ids(c, "ids_no_special"), bare.EncodeToIds(text).ToArray(), text);
        }
    }

    [TestMethod]
    [DataRow("gemma")]
    [DataRow("llama")]
    [DataRow("xlmr")]
    [DataRow("bert")]
    public void Encode_RecordedTexts_HasTheIdsOfEncodeToIdsAndOffsetsWithinTheText(string name)
    {
        var tokenizer = Load(name);
        foreach (var c in Cases(name))
        {
            var text = c.GetProperty("text").GetString()!;
            var encoding = tokenizer.Encode(text);
            CollectionAssert.AreEqual(Ids(c, "ids"), encoding.Ids.ToArray(), text);
            var last = 0;
            foreach (var (offset, special) in encoding.Offsets.Zip(encoding.SpecialTokensMask))
            {
                Assert.IsTrue(offset.Start <= offset.End && offset.End <= text.Length, $"{offset} of '{text}'");
                Assert.IsTrue(special == 1 || offset.Start >= last, $"{offset} of '{text}'");
                last = special == 1 ? last : offset.Start;
            }
        }
    }

    [TestMethod]
    [DataRow("gemma")]
    [DataRow("llama")]
    [DataRow("xlmr")]
    [DataRow("bert")]
    public void Decode_RecordedIds_EqualTheReference(string name)
    {
        var tokenizer = Load(name);
        foreach (var c in Cases(name))
        {
            var ids = Ids(c, "ids");
            Assert.AreEqual(c.GetProperty("decoded").GetString(), tokenizer.Decode(ids));
            Assert.AreEqual(c.GetProperty("decoded_with_special").GetString(), tokenizer.Decode(ids, skipSpecialTokens: false));
        }
    }

    // The tokenizer.json of xlmr is that of the demonstration encoder.
    private static XlLoraTokenizer Load(string name) => XlLoraTokenizer.Load(
        name == "xlmr" ? Path.Combine(Repository.Root, "onnx-models", "demo-encoder") : Repository.Data("tokenizers", name));

    private static IEnumerable<JsonElement> Cases(string name) =>
        File.ReadLines(Repository.Data("tokenizers", name, "cases.jsonl")).Select(line => JsonDocument.Parse(line).RootElement);

    private static int[] Ids(JsonElement c, string name) => [.. c.GetProperty(name).EnumerateArray().Select(e => e.GetInt32())];
}
