using System.Security.Cryptography;
using System.Text;

namespace XlLoraOnnx.Evaluation;

/// <summary>Under which revision results are filed: that of the model, and of the prompts where there are any.</summary>
/// <remarks>Prompts change every score, so that results with others must not be written over each other.</remarks>
internal static class PromptedFingerprint
{
    public static string Of(string fingerprint, EmbeddingPrompts prompts, EvaluationOptions options)
    {
        if (!options.HasPrompts && prompts.Texts.Values.All(p => p.Length == 0))
            return fingerprint;
        var text = new StringBuilder(fingerprint);
        foreach (var (name, prompt) in prompts.Texts.OrderBy(p => p.Key, StringComparer.Ordinal))
            text.Append('\n').Append(name).Append('\0').Append(prompt);
        foreach (var given in new[] { options.Prompt, options.QueryPrompt, options.DocumentPrompt })
            text.Append(given is null ? "\n-" : "\n+" + given);
        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
