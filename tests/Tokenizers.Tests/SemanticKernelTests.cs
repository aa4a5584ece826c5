using Microsoft.ML.Tokenizers;
using Microsoft.SemanticKernel.Text;

namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>Semantic Kernel's chunker, which counts with whatever tokenizer it is given.</summary>
[TestClass]
public sealed class SemanticKernelTests
{
    private const int MaxTokens = 40;

    [TestMethod]
    [DataRow("gemma")]
    [DataRow("llama")]
    [DataRow("xlmr")]
    [DataRow("bert")]
    public void SplitPlainTextParagraphs_WithOurTokenizer_GivesChunksThatFitTheModel(string name)
    {
        Tokenizer tokenizer = ReferenceTokenizers.Load(name);
        var text = string.Join('\n', Repository.WorldLines().Take(50));
#pragma warning disable SKEXP0050 // experimental, and what there is
        var lines = TextChunker.SplitPlainTextLines(text, MaxTokens / 2, t => tokenizer.CountTokens(t));
        var chunks = TextChunker.SplitPlainTextParagraphs(lines, MaxTokens, tokenCounter: t => tokenizer.CountTokens(t));
#pragma warning restore SKEXP0050

        Assert.IsGreaterThan(20, chunks.Count);
        foreach (var chunk in chunks)
            Assert.IsLessThanOrEqualTo(MaxTokens, tokenizer.EncodeToIds(chunk).Count, chunk);
    }
}
