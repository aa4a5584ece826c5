using System.Text.Json.Nodes;

namespace XlLoraOnnx.Tests;

/// <summary>A small tokenizer.json, made in a test and changed there.</summary>
internal sealed class TokenizerFile(string json) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public JsonObject Json { get; } = JsonNode.Parse(json)!.AsObject();

    /// <summary>The folder; the file is there once it was loaded.</summary>
    public string Path => _folder.Path;

    /// <summary>Letters a to c, and two merges.</summary>
    public static string Bpe() => """
        {"model": {"type": "BPE", "vocab": {"<unk>": 0, "a": 1, "b": 2, "c": 3, "ab": 4, "abc": 5}, "merges": ["a b", "ab c"]}}
        """;

    public static string Unigram(bool byteFallback)
    {
        var vocab = new JsonArray(new JsonArray("<unk>", 0), new JsonArray("a", -1), new JsonArray("b", -1));
        for (var b = 0; b < 256; b++)
            vocab.Add(new JsonArray($"<0x{b:X2}>", -20));
        var model = new JsonObject { ["type"] = "Unigram", ["unk_id"] = 0, ["byte_fallback"] = byteFallback, ["vocab"] = vocab };
        var decoder = JsonNode.Parse("""{"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}]}""");
        return new JsonObject { ["model"] = model, ["decoder"] = decoder }.ToJsonString();
    }

    /// <summary>Words x and y, and an added token.</summary>
    public static TokenizerFile Words(
        string token, bool singleWord = false, bool lstrip = false, bool rstrip = false, bool normalized = false)
    {
        var file = new TokenizerFile("""
            {"model": {"type": "WordPiece", "unk_token": "<unk>", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
            "vocab": {"<unk>": 0, "x": 1, "y": 2}}, "pre_tokenizer": {"type": "Whitespace"}, "added_tokens": []}
            """);
        ((JsonArray)file.Json["added_tokens"]!).Add(new JsonObject
        {
            ["id"] = 60,
            ["content"] = token,
            ["single_word"] = singleWord,
            ["lstrip"] = lstrip,
            ["rstrip"] = rstrip,
            ["normalized"] = normalized,
            ["special"] = false,
        });
        return file;
    }

    /// <summary>Letters a to f as words, with [C] before and [S] behind each text, and [P] for padding.</summary>
    public static TokenizerFile Letters()
    {
        var file = new TokenizerFile("""
            {"model": {"type": "WordPiece", "unk_token": "[U]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
            "vocab": {"[U]": 0, "[C]": 1, "[S]": 2, "[P]": 3, "a": 4, "b": 5, "c": 6, "d": 7, "e": 8, "f": 9}},
            "pre_tokenizer": {"type": "WhitespaceSplit"},
            "post_processor": {"type": "BertProcessing", "sep": ["[S]", 2], "cls": ["[C]", 1]}}
            """);
        file._folder.Write("tokenizer_config.json", """{"pad_token": {"content": "[P]"}, "model_max_length": 1e30}""");
        return file;
    }

    public XlLoraTokenizer Load()
    {
        _folder.Write("tokenizer.json", Json.ToJsonString());
        return XlLoraTokenizer.Load(_folder.Path);
    }

    public string[] Pieces(string text) => [.. Load().Encode(text).Tokens];

    public void Dispose() => _folder.Dispose();
}
