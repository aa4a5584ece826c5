
namespace XlLoraOnnx.Tokenizers;

/// <summary>tokenizer.json to a pipeline. The file comes from a stranger.</summary>
internal static class TokenizerReader
{
    /// <exception cref="InvalidDataException">The file is malformed or contradicts itself.</exception>
    /// <exception cref="NotSupportedException">It asks for what is not there; the message names it.</exception>
    public static TokenizerPipeline Read(string path)
    {
        using var document = UntrustedJson.Parse(path, UntrustedJson.MaxTokenizerBytes);
        var root = JsonPart.Object(document.RootElement, $"'{path}'");
        var model = ModelReader.Read(root.RequiredPart("model"));
        var postProcessor = PostProcessorReader.Read(root.Part("post_processor"));
        var pipeline = new TokenizerPipeline(
            NormalizerReader.Read(root.Part("normalizer")),
            PreTokenizerReader.Read(root.Part("pre_tokenizer")),
            model,
            DecoderReader.Read(root.Part("decoder")),
            postProcessor,
            AddedTokenReader.Read(root, model.Vocabulary));
        CheckTemplate(postProcessor.Template, pipeline, path);
        return pipeline;
    }

    private static void CheckTemplate(SequenceTemplate template, TokenizerPipeline pipeline, string path)
    {
        foreach (var id in template.Single.Concat(template.Pair).SelectMany(p => p.SpecialIds))
        {
            if (pipeline.TokenOf(id) is null)
                throw new InvalidDataException(
                    $"'{path}': post_processor adds the id {id}, which no token has; the vocabulary ends at {pipeline.VocabSize - 1}.");
        }
        if (template.Single.Any(p => p.Sequence > 0))
            throw new InvalidDataException($"'{path}': post_processor: the template for a single text asks for a second one.");
    }
}
