using System.Text.Json.Nodes;

namespace XlLoraOnnx.Tests;

/// <summary>The small NLLB-200 of the reference data, put together: what it shares with others lies in the repository once.</summary>
internal static class NllbCheckpoint
{
    private const string TokenizerFile = "tokenizer.json";

    /// <summary>Its character map is that of XLM-R (SentencePiece's nmt_nfkc), which the demonstration encoder has.</summary>
    public static JsonObject Tokenizer()
    {
        var encoder = JsonNode.Parse(File.ReadAllText(Repository.DemoEncoder(TokenizerFile)))!;
        var tokenizer = JsonNode.Parse(File.ReadAllText(Repository.Data("tokenizers", "nllb", TokenizerFile)))!.AsObject();
        tokenizer["normalizer"]!["normalizers"]![0]!["precompiled_charsmap"] = CharacterMap(encoder["normalizer"]!).DeepClone();
        return tokenizer;
    }

    /// <summary>Weights, configs and tokenizer, as a user has them.</summary>
    /// <returns>The folder.</returns>
    public static string Write(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in (string[])["config.json", "generation_config.json", "model.safetensors"])
            File.Copy(Repository.Data("models", "nllb", "base", file), Path.Combine(folder, file));
        File.Copy(Repository.Data("tokenizers", "nllb", "tokenizer_config.json"), Path.Combine(folder, "tokenizer_config.json"));
        File.WriteAllText(Path.Combine(folder, TokenizerFile), Tokenizer().ToJsonString());
        return folder;
    }

    private static JsonNode CharacterMap(JsonNode normalizer) => normalizer["precompiled_charsmap"]
        ?? normalizer["normalizers"]!.AsArray().Select(n => n!["precompiled_charsmap"]).First(m => m is not null)!;
}
