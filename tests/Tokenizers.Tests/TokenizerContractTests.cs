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

        Assert.AreEqual(
            "a 0..1|<0xF0> 1..3|<0x9F> 1..3|<0x99> 1..3|<0x82> 1..3", string.Join('|', tokens.Select(t => $"{t.Value} {t.Offset}")));
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

    private static XlLoraTokenizer Load(string name, bool special) => ReferenceTokenizers.Load(name).WithSpecialTokens(special);

    private static IEnumerable<string> Texts(string name)
    {
        var texts = new GeneratedTexts(ReferenceTokenizers.Load(name), seed: 2);
        return Enumerable.Range(0, TextsOfEach).Select(_ => texts.Next()).Prepend("");
    }
}
