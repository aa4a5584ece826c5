using System.Buffers;
using Microsoft.ML.Tokenizers;

namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>What callers of Microsoft.ML.Tokenizers rely on, who know nothing but the class <see cref="Tokenizer"/>.</summary>
[TestClass]
public sealed class TokenizerContractTests
{
    private const int TextsOfEach = 300;

    [TestMethod]
    [DataRow("gemma", true)]
    [DataRow("gemma", false)]
    [DataRow("llama", true)]
    [DataRow("xlmr", true)]
    [DataRow("xlmr", false)]
    [DataRow("bert", true)]
    [DataRow("bert", false)]
    public void Encode_GeneratedTexts_AllMembersAgree(string name, bool special)
    {
        Tokenizer tokenizer = Load(name, special);
        foreach (var text in Texts(name))
        {
            var ids = tokenizer.EncodeToIds(text);
            var tokens = tokenizer.EncodeToTokens(text, out var normalized);

            CollectionAssert.AreEqual(ids.ToArray(), tokenizer.EncodeToIds(text.AsSpan()).ToArray(), text);
            CollectionAssert.AreEqual(ids.ToArray(), tokens.Select(t => t.Id).ToArray(), text);
            CollectionAssert.AreEqual(tokens.ToArray(), tokenizer.EncodeToTokens(text.AsSpan(), out _).ToArray(), text);
            Assert.HasCount(tokenizer.CountTokens(text), ids);
            Assert.HasCount(tokenizer.CountTokens(text.AsSpan()), ids);
            Assert.IsNull(normalized);
            Assert.IsTrue(tokens.All(t => t.Offset.Start.Value <= t.Offset.End.Value && t.Offset.End.Value <= text.Length), text);
        }
    }

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
                Assert.AreEqual(some.Count == all.Count ? text.Length : all.Take(some.Count).Select(t => t.Offset.End.Value).Append(0).Max(), consumed);
                Assert.IsTrue(all.Skip(some.Count).All(t => t.Offset.Start.Value >= consumed), $"{limit} tokens end within a character: {text}");
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
    [DataRow("gemma")]
    [DataRow("llama")]
    [DataRow("xlmr")]
    [DataRow("bert")]
    public void Decode_IntoASpan_IsTheBeginningOfTheText(string name)
    {
        Tokenizer tokenizer = Load(name, special: true);
        foreach (var text in Texts(name).Take(100))
        {
            var ids = tokenizer.EncodeToIds(text);
            var expected = tokenizer.Decode(ids);
            foreach (var size in (int[])[0, 1, expected.Length / 2, expected.Length - 1, expected.Length, expected.Length + 7])
            {
                var destination = new char[Math.Max(size, 0)];
                var status = tokenizer.Decode(ids, destination, out var consumed, out var written);

                Assert.AreEqual(destination.Length >= expected.Length ? OperationStatus.Done : OperationStatus.DestinationTooSmall, status);
                Assert.AreEqual(status == OperationStatus.Done, consumed == ids.Count && written == expected.Length);
                Assert.AreEqual(expected[..written], new string(destination, 0, written));
                Assert.AreEqual(tokenizer.Decode(ids.Take(consumed)), new string(destination, 0, written));
                Assert.IsTrue(destination.AsSpan(written).IndexOfAnyExcept('\0') < 0, "nothing is written behind the text");
            }
        }
    }

    [TestMethod]
    public void EncodeToTokens_SpecialTokensAndNormalizedText_HavePlacesInTheCallersText()
    {
        Tokenizer bert = Load("bert", special: true);

        var tokens = bert.EncodeToTokens(" The  CÂT. ", out _);

        Assert.AreEqual(
            "[CLS] 0..0|the 1..4|ca 6..8|##t 8..9|. 9..10|[SEP] 11..11",
            string.Join('|', tokens.Select(t => $"{t.Value} {t.Offset}")));
    }

    [TestMethod]
    public void EncodeToTokens_Bytes_EachHaveTheWholeCharacter()
    {
        Tokenizer gemma = Load("gemma", special: false);

        var tokens = gemma.EncodeToTokens("a🙂", out _);

        Assert.AreEqual("a 0..1|<0xF0> 1..3|<0x9F> 1..3|<0x99> 1..3|<0x82> 1..3", string.Join('|', tokens.Select(t => $"{t.Value} {t.Offset}")));
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
    [DataRow("gemma")]
    [DataRow("xlmr")]
    [DataRow("bert")]
    public void Members_ConsiderNothing_GiveTheIdsOfTheModelAllTheSame(string name)
    {
        // Chunkers turn normalisation off in order to get indices of their own text; the ids are the model's, whatever they say.
        Tokenizer tokenizer = Load(name, special: false);
        const string Text = "Ein Ｆｕｌｌ CÂFÉ  und 你好";

        Assert.IsNull(tokenizer.Normalizer);
        Assert.IsNull(tokenizer.PreTokenizer);
        CollectionAssert.AreEqual(
            tokenizer.EncodeToIds(Text).ToArray(),
            tokenizer.EncodeToIds(Text, considerPreTokenization: false, considerNormalization: false).ToArray());
        Assert.AreEqual(tokenizer.CountTokens(Text), tokenizer.CountTokens(Text, considerNormalization: false));
    }

    [TestMethod]
    public void WithSpecialTokens_EveryMember_FollowsIt()
    {
        var with = Load("bert", special: true);
        var without = with.WithSpecialTokens(false);

        Assert.IsTrue(with.AddsSpecialTokens);
        Assert.IsFalse(without.AddsSpecialTokens);
        Assert.AreSame(with, with.WithSpecialTokens(true));
        Assert.AreEqual(with.CountTokens("the man"), without.CountTokens("the man") + 2);
        Assert.HasCount(2, without.Encode("the man").Ids);
        Assert.HasCount(4, with.Encode("the man").Ids);
        Assert.HasCount(4, without.Encode("the man", options: new TokenizerOptions { AddSpecialTokens = true }).Ids);
        Assert.HasCount(2, with.Encode("the man", options: new TokenizerOptions { AddSpecialTokens = false }).Ids);
        Assert.AreEqual("the man", with.Decode(with.EncodeToIds("The man")));
    }

    [TestMethod]
    public void Decode_Null_IsTheCallersFault()
    {
        Tokenizer tokenizer = Load("bert", special: true);

        Assert.ThrowsExactly<ArgumentNullException>(() => tokenizer.Decode(null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => tokenizer.Decode(null!, new char[1], out _, out _));
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
