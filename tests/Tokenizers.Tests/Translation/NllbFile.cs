using System.Text.Json;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>
/// NLLB's tokenizer of the reference data, in a folder that a test may change.
/// </summary>
internal sealed class NllbFile : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public NllbFile()
    {
        Json = NllbCheckpoint.Tokenizer();
        Config = JsonNode.Parse(File.ReadAllText(Repository.Data("tokenizers", "nllb", "tokenizer_config.json")))!.AsObject();
    }

    public JsonObject Json { get; }

    public JsonObject Config { get; }

    public string Path => _folder.Path;

    private JsonArray Normalizers => Json["normalizer"]!["normalizers"]!.AsArray();

    /// <summary>Language, text, ids and the decoded text of each recorded case.</summary>
    public static IEnumerable<(string Language, string Text, int[] Ids, string Decoded)> Cases() =>
        File.ReadLines(Repository.Data("tokenizers", "nllb", "cases.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement).Select(c => (
            c.GetProperty("lang").GetString()!, c.GetProperty("text").GetString()!,
            c.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToArray(), c.GetProperty("decoded").GetString()!));

    /// <summary>What an older converter wrote, as in the published files: no Strip, add_prefix_space, merges as texts, and the code of the
    /// language behind the text.</summary>
    public void MakeOlder()
    {
        Normalizers.RemoveAt(1);
        Normalizers[1]!["content"] = " ";
        foreach (var part in new[] { "pre_tokenizer", "decoder" })
            Json[part] = JsonNode.Parse("""{"type": "Metaspace", "replacement": "▁", "str_rep": "▁", "add_prefix_space": true}""");
        var merges = Json["model"]!["merges"]!.AsArray();
        Json["model"]!["merges"] = new JsonArray([.. merges.Select(m => (JsonNode)$"{m![0]} {m[1]}")]);
        ((JsonObject)Json["model"]!).Remove("ignore_merges");
        ((JsonObject)Json["model"]!).Remove("byte_fallback");
        var single = Json["post_processor"]!["single"]!.AsArray();
        var code = single[0]!.DeepClone();
        single.RemoveAt(0);
        single.Add(code);
    }

    public string Save()
    {
        _folder.Write(XlLoraTokenizer.FileName, Json.ToJsonString());
        _folder.Write("tokenizer_config.json", Config.ToJsonString());
        return Path;
    }

    public TranslationTokenizer Load() => TranslationTokenizer.Load(Save());

    public void Dispose() => _folder.Dispose();
}
