using System.Text.Json.Nodes;

namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>One bad file per reason: malformed, or asking for what is not there.</summary>
[TestClass]
public sealed class TokenizerRefusalTests
{
    [TestMethod]
    [DataRow("model", """{"type": "WordLevel", "vocab": {"a": 0}}""", "WordLevel", "Unigram")]
    [DataRow("normalizer", """{"type": "Upper"}""", "Upper", "StripAccents")]
    [DataRow("pre_tokenizer", """{"type": "UnicodeScripts"}""", "UnicodeScripts", "Metaspace")]
    [DataRow("post_processor", """{"type": "Odd"}""", "Odd", "TemplateProcessing")]
    [DataRow("decoder", """{"type": "CTC"}""", "CTC", "ByteFallback")]
    [DataRow("pre_tokenizer", """{"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": true}, {"type": "X"}]}""",
        "pre_tokenizer.pretokenizers[1]", "'X'")]
    [DataRow("model", """{"type": "BPE", "dropout": 0.1, "vocab": {"a": 0}, "merges": []}""", "dropout", "0.1")]
    [DataRow("normalizer", """{"type": "Replace", "pattern": {"Regex": "a++"}, "content": ""}""", "a++", "possessive")]
    [DataRow("normalizer", """{"type": "Replace", "pattern": {"Regex": "[[:alpha:]]"}, "content": ""}""", "[[:alpha:]]", "POSIX")]
    [DataRow("normalizer", """{"type": "Replace", "pattern": {"Regex": "\\p{Nonsense}"}, "content": ""}""", "Nonsense", "cannot be run")]
    public void Load_WhatIsNotThere_IsNamedWithWhatIs(string section, string json, string named, string also)
    {
        using var file = new TokenizerFile(TokenizerFile.Bpe());
        file.Json[section] = JsonNode.Parse(json);

        var e = Assert.ThrowsExactly<NotSupportedException>(() => file.Load());

        StringAssert.Contains(e.Message, named);
        StringAssert.Contains(e.Message, also);
        StringAssert.Contains(e.Message, "tokenizer.json");
    }

    [TestMethod]
    [DataRow("model", """{"type": "BPE", "vocab": {"a": 0, "b": 0}, "merges": []}""", "both 'a' and 'b'")]
    [DataRow("model", """{"type": "BPE", "vocab": {"a": -1}, "merges": []}""", "-1")]
    [DataRow("model", """{"type": "BPE", "vocab": {"a": 2000000000}, "merges": []}""", "2000000000")]
    [DataRow("model", """{"type": "BPE", "vocab": {"a": "0"}, "merges": []}""", "'a'")]
    [DataRow("model", """{"type": "BPE", "vocab": {}, "merges": []}""", "empty")]
    [DataRow("model", """{"type": "BPE", "vocab": {"a": 0}}""", "'merges' is missing")]
    [DataRow("model", """{"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}""", "'b'")]
    [DataRow("model", """{"type": "BPE", "vocab": {"a": 0}, "merges": ["a a a"]}""", "merges[0]")]
    [DataRow("model", """{"type": "BPE", "vocab": {"a": 0}, "merges": [["a"]]}""", "merges[0]")]
    [DataRow("model", """{"type": "BPE", "vocab": {"a": 0}, "merges": [], "unk_token": "u"}""", "unk_token")]
    [DataRow("model", """{"type": "Unigram", "vocab": [["a", 0]], "unk_id": 1}""", "unk_id is 1")]
    [DataRow("model", """{"type": "Unigram", "vocab": [["a"]]}""", "vocab[0]")]
    [DataRow("model", """{"type": "Unigram", "vocab": []}""", "empty")]
    [DataRow("model", """{"type": "WordPiece", "vocab": {"a": 0}, "unk_token": "a", "continuing_subword_prefix": "##"}""",
        "max_input_chars_per_word")]
    [DataRow("model", "[]", "expected an object")]
    [DataRow("added_tokens", """[{"id": 1, "content": "b"}]""", "has id 1 here, but 2")]
    [DataRow("added_tokens", """[{"id": 1, "content": "z"}]""", "both 'a' and 'z'")]
    [DataRow("added_tokens", """[{"id": 70, "content": "z"}, {"id": 70, "content": "y"}]""", "both 'z' and 'y'")]
    [DataRow("added_tokens", """[{"id": 70, "content": "z"}, {"id": 71, "content": "z"}]""", "twice")]
    [DataRow("added_tokens", """[{"id": 70000000, "content": "z"}]""", "70000000")]
    [DataRow("added_tokens", """[{"content": "z"}]""", "'id' is missing")]
    [DataRow("normalizer", """{"type": "Precompiled", "precompiled_charsmap": "AAAA"}""", "damaged")]
    [DataRow("normalizer", """{"type": "Precompiled", "precompiled_charsmap": "%"}""", "Base64")]
    [DataRow("pre_tokenizer", """{"type": "Split", "pattern": {"String": "a"}, "behavior": "Odd", "invert": false}""", "'Odd'")]
    [DataRow("pre_tokenizer", """{"type": "Split", "pattern": {}, "behavior": "Isolated", "invert": false}""", "'Regex'")]
    [DataRow("pre_tokenizer", """{"type": "Metaspace", "replacement": "ab"}""", "one character")]
    [DataRow("pre_tokenizer", """{"type": "Metaspace", "replacement": "_", "add_prefix_space": false, "prepend_scheme": "first"}""",
        "add_prefix_space")]
    [DataRow("post_processor", """{"type": "BertProcessing", "sep": ["[S]", 99], "cls": ["[C]", 1]}""", "99")]
    [DataRow("post_processor",
        """{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "x", "type_id": 0}}], "pair": [], "special_tokens": {}}""",
        "'x'")]
    [DataRow("post_processor", """{"type": "TemplateProcessing", "single": [{"Sequence": {"id": "B", "type_id": 0}}], "pair": []}""",
        "second")]
    public void Load_MalformedFile_IsNamedWithItsReason(string section, string json, string reason)
    {
        using var file = new TokenizerFile(TokenizerFile.Bpe());
        file.Json[section] = JsonNode.Parse(json);

        var e = Assert.ThrowsExactly<InvalidDataException>(() => file.Load());

        StringAssert.Contains(e.Message, reason);
        StringAssert.Contains(e.Message, "tokenizer.json");
    }

    [TestMethod]
    public void Load_NoFile_IsFileNotFound()
    {
        using var folder = new TemporaryFolder();

        Assert.ThrowsExactly<FileNotFoundException>(() => XlLoraTokenizer.Load(folder.Path));
        Assert.ThrowsExactly<FileNotFoundException>(() => XlLoraTokenizer.Load(Path.Combine(folder.Path, "none.json")));
    }
}
