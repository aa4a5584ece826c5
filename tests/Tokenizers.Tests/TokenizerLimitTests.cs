using System.Text.Json.Nodes;
using Microsoft.ML.Tokenizers;

namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>As many tokens as somebody has room for, asked of the class <see cref="Tokenizer"/>: chunkers do nothing else.</summary>
[TestClass]
public sealed class TokenizerLimitTests
{
    private const int TextsOfEach = 300;

    [TestMethod]
    [DataRow("gemma")]
    [DataRow("llama")]
    [DataRow("xlmr")]
    [DataRow("bert")]
    public void EncodeToIds_Limited_GivesTheFirstTokensAndNoHalfCharacters(string name)
    {
        Tokenizer tokenizer = Load(name, special: false);
        foreach (var text in Texts(name))
        {
            var all = tokenizer.EncodeToTokens(text, out _);
            foreach (var limit in Limits(all.Count))
            {
                var some = tokenizer.EncodeToIds(text, limit, out var normalized, out var consumed);

                Assert.IsNull(normalized);
                Assert.IsLessThanOrEqualTo(limit, some.Count);
                CollectionAssert.AreEqual(all.Take(some.Count).Select(t => t.Id).ToArray(), some.ToArray(), text);
                var end = all.Take(some.Count).Select(t => t.Offset.End.Value).Append(0).Max();
                Assert.AreEqual(some.Count == all.Count ? text.Length : end, consumed);
                Assert.IsTrue(all.Skip(some.Count).All(t => t.Offset.Start.Value >= consumed), $"{limit} end within a character: {text}");
                Assert.IsFalse(IsWithinPair(text, consumed), text);
            }
        }
    }

    [TestMethod]
    [DataRow("gemma", true)]
    [DataRow("llama", true)]
    [DataRow("llama", false)]
    [DataRow("xlmr", true)]
    [DataRow("xlmr", false)]
    [DataRow("bert", true)]
    [DataRow("bert", false)]
    public void GetIndexByTokenCount_GeneratedTexts_WhatItNamesHasAtMostSoManyTokens(string name, bool special)
    {
        Tokenizer tokenizer = Load(name, special);
        var added = tokenizer.CountTokens("");
        foreach (var text in Texts(name))
        {
            var all = tokenizer.CountTokens(text);
            foreach (var limit in Limits(all).Where(limit => limit >= added))
            {
                var end = tokenizer.GetIndexByTokenCount(text, limit, out var normalized, out var count);
                Assert.IsNull(normalized);
                Assert.IsLessThanOrEqualTo(limit, count);
                Assert.AreEqual(tokenizer.CountTokens(text[..end]), count, text);
                Assert.AreEqual(all <= limit, end == text.Length && count == all, text);

                var start = tokenizer.GetIndexByTokenCountFromEnd(text.AsSpan(), limit, out normalized, out count);
                Assert.IsNull(normalized);
                Assert.IsLessThanOrEqualTo(limit, count);
                Assert.AreEqual(tokenizer.CountTokens(text[start..]), count, text);
                Assert.AreEqual(all <= limit, start == 0 && count == all, text);
                Assert.IsFalse(IsWithinPair(text, start) || IsWithinPair(text, end), text);
            }
        }
    }

    [TestMethod]
    public void EncodeToIds_LimitWithinACharacter_LeavesItOut()
    {
        Tokenizer gemma = Load("gemma", special: false);

        Assert.HasCount(1, gemma.EncodeToIds("a🙂b", 3, out _, out var consumed));
        Assert.AreEqual(1, consumed);
        Assert.HasCount(5, gemma.EncodeToIds("a🙂b", 5, out _, out consumed));
        Assert.AreEqual(3, consumed);
    }

    [TestMethod]
    public void EncodeToIds_LimitedWithSpecialTokens_CountsThem()
    {
        Tokenizer bert = Load("bert", special: true);

        var ids = bert.EncodeToIds("the man the man", 4, out _, out var consumed);

        Assert.AreEqual("[CLS] the man [SEP]", string.Join(' ', ids.Select(id => Load("bert", special: true).IdToToken(id))));
        Assert.AreEqual("the man".Length, consumed);
        Assert.HasCount(2, bert.EncodeToIds("the man", 2, out _, out consumed));
        Assert.AreEqual(0, consumed);
        Assert.IsEmpty(bert.EncodeToIds("the man", 1, out _, out consumed));
        Assert.AreEqual(0, consumed);
    }

    [TestMethod]
    public void Members_TemplateThatRepeatsTheText_CountItAsOften()
    {
        using var file = TokenizerFile.Letters();
        file.Json["post_processor"] = JsonNode.Parse("""
            {"type": "TemplateProcessing", "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
            "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[S]", "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}}],
            "special_tokens": {"[S]": {"id": "[S]", "ids": [2], "tokens": ["[S]"]}}}
            """);
        Tokenizer tokenizer = file.Load();

        Assert.HasCount(7, tokenizer.EncodeToIds("a b c"));
        Assert.AreEqual(7, tokenizer.CountTokens("a b c"));
        Assert.HasCount(5, tokenizer.EncodeToIds("a b c", 6, out _, out var consumed));
        Assert.AreEqual("a b".Length, consumed);
        Assert.AreEqual("a b".Length, tokenizer.GetIndexByTokenCount("a b c", 6, out _, out var count));
        Assert.AreEqual(5, count);
    }

    [TestMethod]
    public void GetIndexByTokenCount_NothingFits_IsAnEmptyEnd()
    {
        Tokenizer bert = Load("bert", special: true);

        Assert.AreEqual(0, bert.GetIndexByTokenCount("the man", 1, out _, out var count));
        Assert.AreEqual(0, count);
        Assert.AreEqual(7, bert.GetIndexByTokenCountFromEnd("the man", 1, out _, out count));
        Assert.AreEqual(0, count);
        Assert.AreEqual(7, bert.GetIndexByTokenCountFromEnd("the man", 2, out _, out count));
        Assert.AreEqual(2, count);
    }

    [TestMethod]
    public void GetIndexByTokenCountFromEnd_EndWithinAWord_CountsTheSpaceThatIsPutBeforeIt()
    {
        using var file = new TokenizerFile("""
            {"model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["▁ab", -1], ["cd", -1], ["▁", -2], ["▁ef", -1]]},
            "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"}}
            """);
        Tokenizer tokenizer = file.Load();
        Assert.AreEqual(3, tokenizer.CountTokens("abcd ef"));

        // The last two tokens of the text are "cd" and "▁ef"; by themselves they are three.
        Assert.AreEqual("abcd".Length, tokenizer.GetIndexByTokenCountFromEnd("abcd ef", 2, out _, out var count));
        Assert.AreEqual(1, count);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(-1)]
    public void Members_LimitBelowOne_AreRefused(int limit)
    {
        Tokenizer tokenizer = Load("llama", special: true);

        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => tokenizer.EncodeToIds("a", limit, out _, out _));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => tokenizer.GetIndexByTokenCount("a", limit, out _, out _));
        var e = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => tokenizer.GetIndexByTokenCountFromEnd("a", limit, out _, out _));
        StringAssert.Contains(e.Message, $"The limit is {limit} tokens; it must be at least 1.");
        Assert.AreEqual("maxTokenCount", e.ParamName);
    }

    [TestMethod]
    [Timeout(120_000, CooperativeCancellation = false)] // a guard against hanging, no measurement
    public void GetIndexByTokenCount_ChunksOfALongText_TakeLinearTime()
    {
        Tokenizer tokenizer = Load("llama", special: false);
        var text = string.Concat(Enumerable.Range(0, 40_000).Select(i => $"word {i} "));
        var (chunks, at) = (0, 0);
        while (at < text.Length)
        {
            at += tokenizer.GetIndexByTokenCount(text.AsSpan(at), 100, out _, out var count);
            Assert.IsInRange(1, 100, count);
            chunks++;
        }
        // Encoding the rest of the text for each of its thousands of chunks would take minutes.
        Assert.IsGreaterThan(1000, chunks);
    }

    private static XlLoraTokenizer Load(string name, bool special) => ReferenceTokenizers.Load(name).WithSpecialTokens(special);

    private static IEnumerable<string> Texts(string name)
    {
        var texts = new GeneratedTexts(ReferenceTokenizers.Load(name), seed: 2);
        return Enumerable.Range(0, TextsOfEach).Select(_ => texts.Next()).Prepend("");
    }

    private static IEnumerable<int> Limits(int count) =>
        new[] { 1, 2, 3, 5, count / 3, count / 2, count - 1, count, count + 1, int.MaxValue }.Where(limit => limit > 0).Distinct();

    private static bool IsWithinPair(string text, int index) =>
        index > 0 && index < text.Length && char.IsSurrogatePair(text[index - 1], text[index]);
}
