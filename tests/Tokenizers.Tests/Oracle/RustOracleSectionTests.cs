using System.Text.Json.Nodes;

namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>What the reference tokenizers do not use, on copies of them with another section: the Rust library reads those, too.</summary>
[TestClass]
public sealed class RustOracleSectionTests
{
    private const int TextsOfEach = 150;

    [TestMethod]
    [DataRow("""null""")]
    [DataRow("""
        {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": false, "strip_accents": null, "lowercase": false}
        """)]
    [DataRow("""
        {"type": "BertNormalizer", "clean_text": false, "handle_chinese_chars": true, "strip_accents": true, "lowercase": false}
        """)]
    [DataRow("""
        {"type": "BertNormalizer", "clean_text": false, "handle_chinese_chars": true, "strip_accents": false, "lowercase": true}
        """)]
    [DataRow("""{"type": "ByteLevel"}""")]
    [DataRow("""{"type": "Lowercase"}""")]
    [DataRow("""{"type": "NFC"}""")]
    [DataRow("""{"type": "NFD"}""")]
    [DataRow("""{"type": "NFKC"}""")]
    [DataRow("""{"type": "NFKD"}""")]
    [DataRow("""{"type": "Nmt"}""")]
    [DataRow("""{"type": "Prepend", "prepend": "▁"}""")]
    [DataRow("""{"type": "Replace", "pattern": {"Regex": "[aeiou]+"}, "content": "e"}""")]
    [DataRow("""{"type": "Replace", "pattern": {"String": " "}, "content": "▁"}""")]
    [DataRow("""{"type": "Replace", "pattern": {"String": "a"}, "content": ""}""")]
    [DataRow("""{"type": "Strip", "strip_left": true, "strip_right": false}""")]
    [DataRow("""{"type": "Strip", "strip_left": true, "strip_right": true}""")]
    [DataRow("""{"type": "StripAccents"}""")]
    [DataRow("""{"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "StripAccents"}, {"type": "Lowercase"}]}""")]
    [DataRow("""
        {"type": "Sequence", "normalizers": [{"type": "Strip", "strip_left": false, "strip_right": true}, {"type": "NFKC"},
        {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}]}
        """)]
    public void EncodeToIds_OtherNormalizer_EqualsTheRustLibrary(string json) => AssertAgrees("normalizer", json);

    [TestMethod]
    [DataRow("""null""")]
    [DataRow("""{"type": "BertPreTokenizer"}""")]
    [DataRow("""{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}""")]
    [DataRow("""{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}""")]
    [DataRow("""{"type": "CharDelimiterSplit", "delimiter": "e"}""")]
    [DataRow("""{"type": "Digits", "individual_digits": true}""")]
    [DataRow("""{"type": "Digits", "individual_digits": false}""")]
    [DataRow("""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}""")]
    [DataRow("""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false}""")]
    [DataRow("""{"type": "Metaspace", "replacement": "_", "prepend_scheme": "never", "split": true}""")]
    [DataRow("""{"type": "Punctuation", "behavior": "Isolated"}""")]
    [DataRow("""{"type": "Punctuation", "behavior": "Removed"}""")]
    [DataRow("""{"type": "Punctuation", "behavior": "MergedWithPrevious"}""")]
    [DataRow("""{"type": "Punctuation", "behavior": "MergedWithNext"}""")]
    [DataRow("""{"type": "Punctuation", "behavior": "Contiguous"}""")]
    [DataRow("""{"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithNext", "invert": false}""")]
    [DataRow("""{"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": true}""")]
    [DataRow("""{"type": "Split", "pattern": {"Regex": "\\p{L}+|\\p{N}"}, "behavior": "Removed", "invert": true}""")]
    [DataRow("""{"type": "Split", "pattern": {"Regex": "\\p{Lu}[^\\p{Lu}]*"}, "behavior": "Contiguous", "invert": false}""")]
    [DataRow("""{"type": "Split", "pattern": {"Regex": "(?<=\\p{Ll})(?=\\p{Lu})|\\s+"}, "behavior": "Isolated", "invert": false}""")]
    [DataRow("""{"type": "Split", "pattern": {"Regex": "\\w+|\\S"}, "behavior": "Isolated", "invert": false}""")]
    [DataRow("""{"type": "Whitespace"}""")]
    [DataRow("""{"type": "WhitespaceSplit"}""")]
    [DataRow("""
        {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, {"type": "Digits", "individual_digits": true},
        {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}]}
        """)]
    public void EncodeToIds_OtherPreTokenizer_EqualsTheRustLibrary(string json) => AssertAgrees("pre_tokenizer", json);

    [TestMethod]
    [DataRow(false, false, false, false, false)]
    [DataRow(true, false, false, false, false)]
    [DataRow(false, true, false, false, false)]
    [DataRow(false, false, true, false, true)]
    [DataRow(false, false, true, true, false)]
    [DataRow(true, true, false, false, true)]
    [DataRow(false, false, false, true, false)]
    public void EncodeToIds_OtherAddedTokens_EqualsTheRustLibrary(bool special, bool singleWord, bool lstrip, bool rstrip, bool normalized)
    {
        foreach (var name in ReferenceTokenizers.Names)
        {
            using var file = new TokenizerFile(File.ReadAllText(Path.Combine(ReferenceTokenizers.Folder(name), XlLoraTokenizer.FileName)));
            var tokenizer = file.Load();
            var id = tokenizer.VocabSize; // where the reference puts them, whatever the file says
            foreach (var content in (string[])["a", "and", "e ", " x", "É", "1", "'s", ".", "😀", "\n\n", "aé", "<new>"])
            {
                // The normalizer of xlmr leaves nothing of line ends; a token without text takes down the reference and the process.
                if (tokenizer.TokenToId(content) is not null || (normalized && string.IsNullOrWhiteSpace(content)))
                    continue;
                file.Json["added_tokens"]!.AsArray().Add(new JsonObject
                {
                    ["id"] = id++,
                    ["content"] = content,
                    ["single_word"] = singleWord,
                    ["lstrip"] = lstrip,
                    ["rstrip"] = rstrip,
                    ["normalized"] = normalized,
                    ["special"] = special,
                });
            }
            RustOracle.AssertAgrees(file.Path, Texts(file));
        }
    }

    [TestMethod]
    [DataRow("gemma", "byte_fallback", false)]
    [DataRow("gemma", "fuse_unk", false)]
    [DataRow("gemma", "ignore_merges", true)]
    [DataRow("llama", "ignore_merges", true)]
    [DataRow("llama", "ignore_merges", false)]
    [DataRow("xlmr", "byte_fallback", true)]
    [DataRow("bert", "max_input_chars_per_word", 5)]
    [DataRow("bert", "continuing_subword_prefix", "e")]
    public void EncodeToIds_OtherModelSettings_EqualsTheRustLibrary(string name, string setting, object value)
    {
        using var file = new TokenizerFile(File.ReadAllText(Path.Combine(ReferenceTokenizers.Folder(name), XlLoraTokenizer.FileName)));
        file.Json["model"]![setting] = JsonValue.Create(value);
        RustOracle.AssertAgrees(file.Path, Texts(file));
    }

    private static void AssertAgrees(string section, string json)
    {
        foreach (var name in ReferenceTokenizers.Names)
        {
            using var file = new TokenizerFile(File.ReadAllText(Path.Combine(ReferenceTokenizers.Folder(name), XlLoraTokenizer.FileName)));
            file.Json[section] = JsonNode.Parse(json);
            RustOracle.AssertAgrees(file.Path, Texts(file));
        }
    }

    private static List<string> Texts(TokenizerFile file)
    {
        var texts = new GeneratedTexts(file.Load(), seed: 3);
        return [.. Enumerable.Range(0, TextsOfEach).Select(_ => texts.Next())];
    }
}
