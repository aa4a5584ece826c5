using System.Text.Json;
using Microsoft.ML.OnnxRuntimeGenAI;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>Our tokenizer against the native one, which this project no longer calls, on the sentences of the demonstration.</summary>
[TestClass]
public sealed class NativeTokenizerTests
{
    [TestMethod]
    public void EncodeToIds_SentencesOfTheDemonstration_AgreesWithTheNativeRuntime()
    {
        using var model = new Model(ExportedModels.Demo);
        using var native = new Tokenizer(model);
        var tokenizer = XlLoraTokenizer.Load(ExportedModels.Demo).WithSpecialTokens(false);
        var sentences = Repository.WorldLines().SelectMany(Strings).Distinct().ToArray();

        Assert.IsGreaterThan(500, sentences.Length);
        foreach (var sentence in sentences)
        {
            using var expected = native.Encode(sentence);
            int[] ids = [.. tokenizer.EncodeToIds(sentence)];
            CollectionAssert.AreEqual(expected[0].ToArray(), ids, sentence);
            Assert.AreEqual(native.Decode(ids), tokenizer.Decode(ids));
        }
    }

    private static IEnumerable<string> Strings(string line) => JsonDocument.Parse(line).RootElement.EnumerateObject()
        .Where(p => p.Value.ValueKind == JsonValueKind.String && p.Value.GetString()!.Length > 0).Select(p => p.Value.GetString()!);
}
