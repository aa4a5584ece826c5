namespace XlLoraOnnx.Exporter;

/// <summary>How a text becomes a vector: as asked, else as the sentence-transformers files say, else by the mean.</summary>
internal static class EmbeddingChoice
{
    /// <summary>Who said so, where nobody did.</summary>
    public const string Default = "default";

    /// <param name="configPath">The checkpoint's config.json.</param>
    /// <param name="supported">Poolings that the family has.</param>
    /// <param name="positions">Tokens of the longest row that the model has positions for.</param>
    /// <param name="hiddenSize">Of the states that are pooled.</param>
    /// <returns>With what depends on the family still to be filled in.</returns>
    public static EncoderFacts Choose(
        ExportOptions options, string configPath, IReadOnlyList<EmbeddingPooling> supported, int positions, int hiddenSize)
    {
        var folder = Path.GetDirectoryName(configPath)!;
        var settings = SentenceTransformersSettings.Read(folder);
        var files = SentenceTransformersFolder.Read(folder, readPooling: options.Pooling is null);
        (IReadOnlyList<EmbeddingPooling> poolings, var source) = options.Pooling is { } asked ? ([asked], "option")
            : files?.Poolings is { } recorded ? (recorded, "sentence-transformers")
            : ([EmbeddingPooling.Mean], Default);
        if (poolings.Except(supported).ToArray() is { Length: > 0 } others)
            throw new NotSupportedException(
                $"'{configPath}' is of a model that cannot be pooled by {others.Name()}; supported are "
                + $"{string.Join(", ", supported.Select(p => p.Name()))}.");
        return new EncoderFacts
        {
            Pooling = poolings.Name(),
            PoolingSource = source,
            Normalize = options.Normalize ?? files?.Normalize ?? false,
            Dense = files is { Dense.Count: > 0 } ? files.Dense : null,
            Dimension = Dimension(files?.Dense ?? [], poolings.Count * hiddenSize, folder),
            MaxSequenceLength = MaxLength(options, folder, files, positions, configPath),
            HasTokenTypeIds = false,
            PadTokenId = 0,
            DoLowerCase = files?.DoLowerCase ?? false,
            Prompt = settings.DefaultPrompt,
            Similarity = settings.Similarity,
            DefaultPromptName = settings.DefaultPromptName,
            Prompts = settings.Prompts.Count > 0 ? settings.Prompts : null,
        };
    }

    /// <summary>Of the vector after every Dense, each of which fits what comes before it.</summary>
    private static int Dimension(IReadOnlyList<DenseFacts> dense, int pooled, string folder)
    {
        foreach (var layer in dense)
        {
            if (layer.InFeatures != pooled)
                throw new InvalidDataException(
                    $"'{Path.Combine(folder, layer.Path, "config.json")}': in_features is {layer.InFeatures}, and what comes before gives "
                    + $"{pooled} numbers.");
            pooled = layer.OutFeatures;
        }
        return pooled;
    }

    private static int MaxLength(
        ExportOptions options, string folder, SentenceTransformersFolder? files, int positions, string configPath)
    {
        var longest = ContextLengths.Choose(options.ContextLength, positions, configPath);
        if (options.ContextLength is not null)
            return longest;
        // as sentence-transformers: its own file, else what the tokenizer allows, which for some is 10^30
        var tokenizer = Path.Combine(folder, "tokenizer_config.json");
        var allowed = files?.MaxSequenceLength
            ?? (File.Exists(tokenizer) ? ConfigReader.Open(tokenizer).PositiveNumber("model_max_length", longest) : longest);
        return (int)Math.Min(longest, allowed);
    }
}
