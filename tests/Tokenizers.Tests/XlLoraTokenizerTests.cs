using System.Buffers;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>What the recorded tokenizers do not use, on small ones.</summary>
[TestClass]
public sealed class XlLoraTokenizerTests
{
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Load_MergesOfBothForms_AreTheSame(bool pairs)
    {
        using var file = new TokenizerFile(TokenizerFile.Bpe());
        if (pairs)
            file.Json["model"]!["merges"] = new JsonArray(new JsonArray("a", "b"), new JsonArray("ab", "c"));

        CollectionAssert.AreEqual(new[] { "abc", "ab", "a" }, file.Pieces("abcaba"));
    }

    [TestMethod]
    public void Encode_IgnoreMerges_TakesTheWholeWord()
    {
        using var file = new TokenizerFile(TokenizerFile.Bpe());
        file.Json["model"]!["vocab"]!["cab"] = 50;
        CollectionAssert.AreEqual(new[] { "c", "ab" }, file.Pieces("cab"));

        file.Json["model"]!["ignore_merges"] = true;

        CollectionAssert.AreEqual(new[] { "cab" }, file.Pieces("cab"));
    }

    [TestMethod]
    [DataRow(true, "a|<unk>|b")]
    [DataRow(false, "a|<unk>|<unk>|b")]
    public void Encode_UnknownCharacters_AreFusedWhereTheFileSaysSo(bool fuse, string expected)
    {
        using var file = new TokenizerFile(TokenizerFile.Bpe());
        file.Json["model"]!["unk_token"] = "<unk>";
        file.Json["model"]!["fuse_unk"] = fuse;

        var encoding = file.Load().Encode("aé😀b");

        Assert.AreEqual(expected, string.Join('|', encoding.Tokens));
        Assert.AreEqual(new TokenOffset(4, 5), encoding.Offsets[^1]);
        Assert.AreEqual(fuse ? new TokenOffset(1, 4) : new TokenOffset(1, 2), encoding.Offsets[1]);
    }

    [TestMethod]
    public void Encode_SuffixesAndPrefixes_DependOnThePlaceInTheWord()
    {
        using var file = new TokenizerFile("""
            {"model": {"type": "BPE", "unk_token": "<unk>", "end_of_word_suffix": "</w>", "continuing_subword_prefix": "##",
            "vocab": {"<unk>": 0, "a": 1, "##a": 2, "##a</w>": 3, "a</w>": 4, "aa</w>": 5}, "merges": ["a ##a</w>"]},
            "pre_tokenizer": {"type": "WhitespaceSplit"}, "decoder": {"type": "BPEDecoder", "suffix": "</w>"}}
            """);

        CollectionAssert.AreEqual(new[] { "aa</w>", "a</w>", "a", "##a", "##a</w>" }, file.Pieces("aa a aaa"));
        Assert.AreEqual("aa a", file.Load().Decode(file.Load().EncodeToIds("aa a")));
    }

    [TestMethod]
    [DataRow("x[T]y", "x|[T]|y", "1-4")]
    [DataRow("x  [T]  y", "x|[T]|y", "1-8")]
    public void Encode_StrippingToken_TakesInTheSpaces(string text, string expected, string range)
    {
        using var file = TokenizerFile.Words("[T]", lstrip: true, rstrip: true);

        var encoding = file.Load().Encode(text);

        Assert.AreEqual(expected, string.Join('|', encoding.Tokens));
        Assert.AreEqual(range, $"{encoding.Offsets[1].Start}-{encoding.Offsets[1].End}");
    }

    [TestMethod]
    [DataRow("x ab y", "x|ab|y")]
    [DataRow("xab y", "<unk>|y")]
    [DataRow("x ab_ y", "x|<unk>|y")]
    [DataRow("x ab́ y", "x|<unk>|y")]
    [DataRow("x (ab) y", "x|<unk>|ab|<unk>|y")]
    public void Encode_SingleWordToken_NeedsItsOwnWord(string text, string expected)
    {
        using var file = TokenizerFile.Words("ab", singleWord: true);
        CollectionAssert.AreEqual(expected.Split('|'), file.Pieces(text));
    }

    [TestMethod]
    [DataRow(true, "x|[T]|[T]")]
    [DataRow(false, "x|[T]|<unk>|y|<unk>")]
    public void Encode_NormalizedToken_IsFoundInTheNormalizedText(bool normalized, string expected)
    {
        using var file = TokenizerFile.Words("[T]", normalized: normalized);
        file.Json["normalizer"] = JsonNode.Parse("""{"type": "Replace", "pattern": {"Regex": "T|Y"}, "content": "y"}""");

        CollectionAssert.AreEqual(expected.Split('|'), file.Pieces("x[T][Y]"));
    }

    [TestMethod]
    public void Encode_OverlappingTokens_TakesTheLongestOfTheLeftmost()
    {
        using var file = TokenizerFile.Words("xx");
        ((JsonArray)file.Json["added_tokens"]!)
            .Add(JsonNode.Parse("""{"id": 61, "content": "xxx", "special": false, "normalized": false}"""));

        CollectionAssert.AreEqual(new[] { "xxx", "xx" }, file.Pieces("xxxxx"));
    }

    [TestMethod]
    public void Encode_UnigramBytes_StandForUnknownCharacters()
    {
        using var file = new TokenizerFile(TokenizerFile.Unigram(byteFallback: true));
        CollectionAssert.AreEqual(new[] { "a", "<0xC3>", "<0xA9>", "<0xF0>", "<0x9F>", "<0x98>", "<0x80>", "b" }, file.Pieces("aé😀b"));
        Assert.AreEqual("aé😀b", file.Load().Decode(file.Load().EncodeToIds("aé😀b")));

        using var without = new TokenizerFile(TokenizerFile.Unigram(byteFallback: false));
        CollectionAssert.AreEqual(new[] { "a", "<unk>", "b" }, without.Pieces("aé😀b"));
    }

    [TestMethod]
    public void Encode_Unigram_TakesTheBestSumAndNotTheLongestPiece()
    {
        using var file = new TokenizerFile("""
            {"model": {"type": "Unigram", "unk_id": 0, "vocab":
             [["<unk>", 0], ["a", -5], ["ab", -1], ["abc", -4], ["bc", -9], ["c", -2.5], ["d", -1]]}}
            """);
        CollectionAssert.AreEqual(new[] { "ab", "c", "d" }, file.Pieces("abcd"));
    }

    [TestMethod]
    public void Encode_Pair_HasTypesMasksAndOffsetsOfEachText()
    {
        var encoding = Bert().Encode("the cat", "a dog", new TokenizerOptions { MaxLength = 32, Padding = PaddingLength.MaxLength });

        Assert.AreEqual("[CLS]", encoding.Tokens[0]);
        Assert.AreEqual(2, encoding.Tokens.Count(t => t == "[SEP]"));
        var second = encoding.Tokens.ToList().IndexOf("[SEP]") + 1;
        Assert.AreEqual(new TokenOffset(0, 1), encoding.Offsets[second]);
        Assert.AreEqual(0, encoding.TypeIds[second - 1]);
        Assert.AreEqual(1, encoding.TypeIds[second]);
        Assert.HasCount(32, encoding.Ids);
        Assert.AreEqual(encoding.Tokens.Count(t => t != "[PAD]"), encoding.AttentionMask.Sum());
        Assert.AreEqual(encoding.Tokens.Count(t => t[0] == '['), encoding.SpecialTokensMask.Sum());
    }

    [TestMethod]
    [DataRow(6, TruncationStrategy.LongestFirst, "a|d e")]
    [DataRow(7, TruncationStrategy.OnlySecond, "a b c|d")]
    [DataRow(7, TruncationStrategy.OnlyFirst, "a|d e f")]
    public void Encode_PairThatIsTooLong_IsCutWhereTheStrategySays(int maxLength, TruncationStrategy strategy, string expected)
    {
        using var file = TokenizerFile.Letters();
        var options = new TokenizerOptions { MaxLength = maxLength, Truncation = strategy };

        var tokens = file.Load().Encode("a b c", "d e f", options).Tokens;

        Assert.AreEqual($"[C] {expected.Replace("|", " [S] ", StringComparison.Ordinal)} [S]", string.Join(' ', tokens));
    }

    [TestMethod]
    public void EncodeBatch_SidesAndMultiples_AreThoseOfTheOptions()
    {
        using var file = TokenizerFile.Letters();
        var left = new TokenizerOptions
        {
            MaxLength = 4,
            TruncationSide = SequenceSide.Left,
            Padding = PaddingLength.Longest,
            PaddingSide = SequenceSide.Left,
            PadToMultipleOf = 5,
        };

        var batch = file.Load().EncodeBatch(["a b c d", "a"], left);

        Assert.AreEqual("[P] [C] c d [S]", string.Join(' ', batch[0].Tokens));
        Assert.AreEqual("[P] [P] [C] a [S]", string.Join(' ', batch[1].Tokens));
        CollectionAssert.AreEqual(new[] { 0, 0, 1, 1, 1 }, batch[1].AttentionMask.ToArray());
    }

    [TestMethod]
    public void Encode_ImpossibleLengths_AreRefused()
    {
        using var file = TokenizerFile.Letters();
        var tokenizer = file.Load();

        Assert.ThrowsExactly<ArgumentException>(() => tokenizer.Encode("a", null, new TokenizerOptions { MaxLength = 1 }));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => tokenizer.Encode("a", null, new TokenizerOptions { MaxLength = 0 }));
        Assert.ThrowsExactly<ArgumentException>(
            () => tokenizer.Encode("a", null, new TokenizerOptions { Padding = PaddingLength.MaxLength }));
        Assert.ThrowsExactly<ArgumentException>(
            () => tokenizer.Encode("a b c d e f", "b", new TokenizerOptions { MaxLength = 5, Truncation = TruncationStrategy.OnlySecond }));
    }

    [TestMethod]
    public void Load_Config_SaysSidesLengthsAndTokens()
    {
        var gemma = XlLoraTokenizer.Load(Repository.Data("tokenizers", "gemma", "tokenizer.json"));

        Assert.AreEqual((0, 2, 1, 3), (gemma.PadTokenId, gemma.BosTokenId, gemma.EosTokenId, gemma.UnknownTokenId));
        Assert.AreEqual((2048, SequenceSide.Left, 2000), (gemma.ModelMaxLength, gemma.PaddingSide, gemma.VocabSize));
        Assert.AreEqual(2, gemma.SpecialTokens["<bos>"]);
        Assert.AreEqual("<bos>", gemma.IdToToken(2));
        Assert.AreEqual(2, gemma.TokenToId("<bos>"));
        Assert.IsNull(gemma.IdToToken(-1));
        Assert.IsNull(gemma.IdToToken(2000));
        Assert.IsNull(gemma.TokenToId("no such token"));
        Assert.AreEqual("", gemma.Decode([-1, 2000, int.MaxValue]));
    }

    [TestMethod]
    [DataRow("gemma")]
    [DataRow("llama")]
    [DataRow("bert")]
    [DataRow("xlmr")]
    public void EncodeToIds_OnceWarm_AllocatesNothing(string name)
    {
        var tokenizer = name == "xlmr"
            ? XlLoraTokenizer.Load(Path.Combine(Repository.Root, "onnx-models", "demo-encoder"))
            : XlLoraTokenizer.Load(Repository.Data("tokenizers", name));
        string[] texts =
        [
            "The farmer carries water in the garden.", "Mkulima anabeba maji — 水 naïve é\u0301 😀 'Ll 12345 \t x",
            "don't\n\n  <s>y",
        ];
        var list = new List<int>(4096);
        var writer = new ArrayBufferWriter<int>(4096);
        void Run()
        {
            foreach (var text in texts)
            {
                list.Clear();
                tokenizer.EncodeToIds(text, list);
                writer.ResetWrittenCount();
                tokenizer.EncodeToIds(text, writer);
            }
        }
        for (var i = 0; i < 50; i++)
            Run();
        Thread.Sleep(300); // compilation in the background ends
        Run();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            Run();

        Assert.AreEqual(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [TestMethod]
    public void EncodeToIds_ManyThreads_GiveWhatOneGives()
    {
        var tokenizer = XlLoraTokenizer.Load(Repository.Demo("base"));
        var texts = Repository.WorldLines().Take(200).ToArray();
        var expected = texts.Select(t => tokenizer.EncodeToIds(t).ToArray()).ToArray();

        Parallel.For(0, 2000, i => CollectionAssert.AreEqual(
            expected[i % texts.Length], tokenizer.EncodeToIds(texts[i % texts.Length]).ToArray()));
    }

    private static XlLoraTokenizer Bert() => XlLoraTokenizer.Load(Repository.Data("tokenizers", "bert"));
}
