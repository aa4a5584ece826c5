using System.Text.Json;
using XlLoraOnnx.Formats;

namespace XlLoraOnnx.Runtime;

/// <summary>The special tokens of a tokenizer.json: those of <c>added_tokens</c> that are marked <c>special</c>.</summary>
internal static class SpecialTokens
{
    /// <returns>Id → content.</returns>
    public static IReadOnlyDictionary<int, string> Read(string path)
    {
        var tokens = new Dictionary<int, string>();
        try
        {
            using var document = UntrustedJson.Parse(path, UntrustedJson.MaxTokenizerBytes);
            if (!document.RootElement.TryGetProperty("added_tokens", out var added))
                return tokens;
            foreach (var token in added.EnumerateArray())
            {
                if (token.GetProperty("special").GetBoolean())
                    tokens[token.GetProperty("id").GetInt32()] = token.GetProperty("content").GetString() ?? "";
            }
            return tokens;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"'{path}' is not a Hugging Face tokenizer.json: {e.Message}", e);
        }
    }
}
