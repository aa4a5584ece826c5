
namespace XlLoraOnnx.Runtime;

/// <summary>A folder that generates text, checked, with what every engine reads of it before it loads a graph. Safe to share.</summary>
internal sealed class ModelFolder
{
    private ModelFolder(string path, ModelManifest manifest, XlLoraTokenizer tokenizer, TranslationTokenizer? translation)
    {
        FullPath = path;
        Manifest = manifest;
        Tokenizer = tokenizer;
        Translation = translation;
        var sampling = manifest.Decoder!.Sampling;
        DefaultSampling = new SamplingOptions
        {
            DoSample = sampling.DoSample,
            Temperature = sampling.Temperature,
            TopK = sampling.TopK,
            TopP = sampling.TopP,
            MinP = sampling.MinP,
            RepetitionPenalty = sampling.RepetitionPenalty,
        };
    }

    public string FullPath { get; }

    public ModelManifest Manifest { get; }

    public XlLoraTokenizer Tokenizer { get; }

    /// <summary>Of a model that translates; null for any other.</summary>
    public TranslationTokenizer? Translation { get; }

    /// <summary>Every folder that generates text has them; the manifest's reader sees to it.</summary>
    public DecoderFacts Decoder => Manifest.Decoder!;

    public TokenFacts Tokens => Decoder.Tokens;

    /// <summary>What generation_config.json says.</summary>
    public SamplingOptions DefaultSampling { get; }

    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">No manifest, or a file is missing or has another size than it records.</exception>
    /// <exception cref="NotSupportedException">It is an encoder's, or the tokenizer asks for what ours does not have.</exception>
    public static ModelFolder Load(string folder)
    {
        var manifest = ModelManifest.Read(folder);
        if (manifest.Encoder is { } encoder)
            throw new NotSupportedException(
                $"'{folder}' is an encoder ({manifest.Family}, pooling {encoder.Pooling}): it turns texts into vectors and generates none. "
                + "Give a folder that was exported from a model that generates text, without --pooling.");
        manifest.CheckFiles(folder);
        var translation = manifest.Decoder!.Translation is null ? null : TranslationTokenizer.Load(folder);
        return new ModelFolder(
            Path.GetFullPath(folder), manifest, translation?.Tokenizer ?? XlLoraTokenizer.Load(folder), translation);
    }
}
