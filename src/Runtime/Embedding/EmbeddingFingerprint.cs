using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace XlLoraOnnx.Runtime;

/// <summary>One name for everything that a vector depends on beside its text.</summary>
internal static class EmbeddingFingerprint
{
    private static readonly string[] TokenizerFiles = ["tokenizer.json", "tokenizer_config.json"];

    /// <param name="prompt">What stands before every text; empty where it counts as part of the text.</param>
    /// <returns><c>sha256:</c> + hex.</returns>
    public static string Of(ModelManifest manifest, string? adapter, int maxSequenceLength, string prompt)
    {
        // the graph holds pooling and normalisation, its data file the weights as they were narrowed or quantised
        var files = manifest.Files
            .Where(f => f.Path == manifest.Graphs[GraphRoles.Embedding] || f.Path.EndsWith(".data", StringComparison.Ordinal)
                || TokenizerFiles.Contains(f.Path))
            .OrderBy(f => f.Path, StringComparer.Ordinal).Select(f => $"{f.Path} {f.Sha256}\n");
        var facts = manifest.Encoder!;
        var text = string.Concat(files) + string.Create(CultureInfo.InvariantCulture,
            $"length {maxSequenceLength}\nlower {facts.DoLowerCase}\nprompt {prompt}\n")
            + (adapter is null ? "" : $"adapter {manifest.Adapters[adapter].Sha256}\n");
        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
