using System.Text;

namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>The reference tokenizers beside the tokenizers library: 100,000 generated texts, and every character.</summary>
[TestClass]
public sealed class RustOracleTests
{
    private const int TextsOfEach = 25_000;

    [TestMethod]
    [DataRow("gemma")]
    [DataRow("llama")]
    [DataRow("xlmr")]
    [DataRow("bert")]
    public void EncodeToIds_GeneratedTexts_EqualTheRustLibrary(string name)
    {
        var texts = new GeneratedTexts(ReferenceTokenizers.Load(name), seed: 7);

        RustOracle.AssertAgrees(ReferenceTokenizers.Folder(name), Enumerable.Range(0, TextsOfEach).Select(_ => texts.Next()));
    }

    [TestMethod]
    [DataRow("gemma")]
    [DataRow("llama")]
    [DataRow("xlmr")]
    [DataRow("bert")]
    public void EncodeToIds_EveryCharacter_EqualsTheRustLibrary(string name)
    {
        // Beyond them nothing is assigned but private use, of which the generated texts have some.
        var codePoints = Enumerable.Range(0, 0x323B0).Concat(Enumerable.Range(0xE0000, 0x1F0)).Where(Rune.IsValid);

        RustOracle.AssertAgrees(
            ReferenceTokenizers.Folder(name),
            codePoints.Select(c => new Rune(c)).Chunk(32).Select(some => string.Concat(some.Select(c => $"a{c}b e{c}\u0301 "))));
    }
}
