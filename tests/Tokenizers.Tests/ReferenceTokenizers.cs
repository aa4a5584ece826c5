namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>The tokenizers for which the reference's ids are recorded, or asked for: one of each kind.</summary>
internal static class ReferenceTokenizers
{
    /// <summary>BPE with byte fallback, byte-level BPE, Unigram, WordPiece.</summary>
    public static string[] Names { get; } = ["gemma", "llama", "xlmr", "bert"];

    // The tokenizer.json of xlmr is that of the demonstration encoder.
    public static string Folder(string name) =>
        name == "xlmr" ? Path.Combine(Repository.Root, "onnx-models", "demo-encoder") : Repository.Data("tokenizers", name);

    public static XlLoraTokenizer Load(string name) => XlLoraTokenizer.Load(Folder(name));
}
