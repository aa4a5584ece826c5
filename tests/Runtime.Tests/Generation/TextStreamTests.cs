using System.Text;
using System.Text.Json;

namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class TextStreamTests
{
    private static readonly string[] Texts =
    [
        "", " ", "  two  spaces ", "Hello, world.", "नमस्ते दुनिया", "مرحبا بالعالم", "👩‍👩‍👧 and 🇩🇪 flags🙂", "e\u0301 ﬁ ①½", "日本語と한국어",
        "\n\n\tdef f(x):\n    return x  # \u200b\n", new string(' ', 300) + "x",
        string.Concat(Enumerable.Repeat("🙂", 200)), "it 's n't , . !",
        "\uFFFD\uFFFD real replacement \uFFFD",
    ];

    [TestMethod]
    [DynamicData(nameof(Tokenizers))]
    public void Append_TextsOfManyScripts_TogetherAreTheDecodedText(string name)
    {
        var tokenizer = Load(name);
        foreach (var text in Texts)
        {
            AssertStreams(tokenizer, [.. tokenizer.EncodeToIds(text)]);
            AssertStreams(tokenizer, [.. tokenizer.WithSpecialTokens(false).EncodeToIds(text)]);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Tokenizers))]
    public void Append_AnyTokensWhatever_TogetherAreTheDecodedText(string name)
    {
        var tokenizer = Load(name);
        int[] specials = [.. tokenizer.SpecialTokens.Values];
        // Where bytes and spaces are: half of the tokens come from there, so that they meet.
        int[] odd = [.. Enumerable.Range(0, tokenizer.VocabSize).Where(id => tokenizer.Decode([id]) is var t && (t.Trim().Length == 0
            || t.Contains('\uFFFD') || tokenizer.IdToToken(id)!.StartsWith("<0x", StringComparison.Ordinal)))];
        var random = new Random(1);
        for (var i = 0; i < 400; i++)
        {
            AssertStreams(tokenizer, [.. Enumerable.Range(0, random.Next(1, 120)).Select(_ => random.Next(20) switch
            {
                0 when specials.Length > 0 => specials[random.Next(specials.Length)],
                1 => tokenizer.VocabSize + 5,
                < 11 when odd.Length > 0 => odd[random.Next(odd.Length)],
                _ => random.Next(tokenizer.VocabSize),
            })]);
        }
    }

    [TestMethod]
    public void Append_WordByWord_ComesAtOnce()
    {
        var tokenizer = Load("demo");
        var stream = new TextStream(tokenizer);
        int[] ids = [.. tokenizer.WithSpecialTokens(false).EncodeToIds("A few plain words.")];

        var pieces = ids.Select(stream.Append).ToArray();

        Assert.IsTrue(pieces.All(p => p.Length > 0), string.Join('|', pieces));
        Assert.AreEqual("", stream.Finish());
    }

    [TestMethod]
    public void Append_CharacterOfSeveralTokens_ComesWhenItIsWhole()
    {
        var tokenizer = Load("tokenizers/llama");
        int[] ids = [.. tokenizer.WithSpecialTokens(false).EncodeToIds("x🙂y")];
        var stream = new TextStream(tokenizer);

        var pieces = ids.Select(stream.Append).Where(p => p.Length > 0).ToArray();

        CollectionAssert.AreEqual(new[] { "x", "🙂", "y" }, pieces);
    }

    [TestMethod]
    public void Append_BadByteAfterGoodOnes_HasNotGivenOutWhatItUndoes()
    {
        using var file = new TokenizerFile(TokenizerFile.Unigram(byteFallback: true));
        var tokenizer = file.Load();
        // a, é in bytes, half a character, b
        int[] ids = [1, 3 + 0xC3, 3 + 0xA9, 3 + 0xC3, 2];

        Assert.AreEqual("a\uFFFD\uFFFD\uFFFDb", tokenizer.Decode(ids));
        AssertStreams(tokenizer, ids);
    }

    [TestMethod]
    public void Append_HalfCharactersWithoutEnd_StayCheap()
    {
        var tokenizer = Load("tokenizers/llama");
        var half = Enumerable.Range(0, tokenizer.VocabSize).First(id => tokenizer.Decode([id]) == "\uFFFD");
        var stream = new TextStream(tokenizer);
        var text = new StringBuilder();
        int[] ids = [.. Enumerable.Repeat(half, 3000)];

        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var id in ids)
            text.Append(stream.Append(id));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.AreEqual(tokenizer.Decode(ids), text.Append(stream.Finish()).ToString());
        Assert.IsLessThan(ids.Length * 10_000, allocated, "bytes, if each token decodes a window and not the whole answer");
    }

    private static IEnumerable<object[]> Tokenizers =>
        [["demo"], ["encoder"], ["tokenizers/gemma"], ["tokenizers/llama"], ["tokenizers/bert"], ["official/gemma3-micro/checkpoint"]];

    private static XlLoraTokenizer Load(string name) => XlLoraTokenizer.Load(name switch
    {
        "demo" => Repository.Demo("base"),
        "encoder" => Repository.DemoEncoder(),
        _ => Repository.Data(name.Split('/')),
    });

    private static void AssertStreams(XlLoraTokenizer tokenizer, int[] ids)
    {
        var stream = new TextStream(tokenizer);
        var text = new StringBuilder();
        foreach (var id in ids)
            text.Append(stream.Append(id));
        Assert.AreEqual(tokenizer.Decode(ids), text.Append(stream.Finish()).ToString(), JsonSerializer.Serialize(ids));
    }
}
