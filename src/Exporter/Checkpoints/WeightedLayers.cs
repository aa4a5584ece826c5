namespace XlLoraOnnx.Exporter;

/// <summary>
/// sentence-transformers' WeightedLayerPooling, a weighted mean of the hidden states that the Pooling after it takes for tokens: how
/// XL-LoRA evaluates <c>avg_first_last</c> (sentence_transformers, sentence_transformer/modules/weighted_layer_pooling.py).
/// </summary>
internal static class WeightedLayers
{
    /// <summary>The last part of its class name.</summary>
    public const string Module = "WeightedLayerPooling";

    /// <summary>Its only tensor: a weight for each state from <c>layer_start</c> on, [num_hidden_layers + 1 - layer_start].</summary>
    public const string Tensor = "layer_weights";

    private static readonly EmbeddingPooling[] Supported = [EmbeddingPooling.AvgFirstLast, EmbeddingPooling.AvgTop2];

    /// <summary>Weights of the states 0 (the embeddings) to <paramref name="layers"/> that make a pooling; their sum is 1.</summary>
    /// <param name="pooling">One that averages states of several layers.</param>
    public static float[] Of(EmbeddingPooling pooling, int layers)
    {
        var weights = new float[layers + 1];
        weights[layers] = 0.5f;
        // of a single layer the first is the last
        weights[pooling switch
        {
            EmbeddingPooling.AvgFirstLast => 1,
            EmbeddingPooling.AvgTop2 => layers - 1,
            _ => throw new ArgumentOutOfRangeException(nameof(pooling), pooling, "This pooling reads one state."),
        }] += 0.5f;
        return weights;
    }

    /// <param name="folder">Of the checkpoint.</param>
    /// <param name="module">Name of its folder in there.</param>
    /// <param name="ofTokens">What the Pooling after it does.</param>
    /// <param name="remedy">The end of a refusal: what to do.</param>
    /// <exception cref="NotSupportedException">It averages otherwise than any graph does.</exception>
    public static EmbeddingPooling Read(string folder, string module, IReadOnlyList<EmbeddingPooling> ofTokens, string remedy)
    {
        var config = ConfigReader.Open(Path.Combine(folder, module, "config.json"));
        SentenceFields.Layers.ThrowIfRefused(config, remedy);
        // the defaults of the class
        var (layers, start) = (config.PositiveInt("num_hidden_layers", 12), config.Int("layer_start", 4));
        if (start < 0 || start > layers)
            throw new InvalidDataException($"{config.Describe("layer_start")}, expected a state from 0 to num_hidden_layers, {layers}.");
        CheckLayers(folder, config, layers);
        var weights = ReadWeights(Path.Combine(folder, module), start, layers);
        if (ofTokens is not [EmbeddingPooling.Mean])
            throw new NotSupportedException($"'{Path.Combine(folder, SentenceModules.FileName)}' pools the mean of layers by "
                + $"{ofTokens.Name()}; mean is supported. {remedy}.");
        foreach (var pooling in Supported)
        {
            if (weights.AsSpan().SequenceEqual(Of(pooling, layers)))
                return pooling;
        }
        throw new NotSupportedException(
            $"'{Path.Combine(folder, module)}' weighs the states 0 to {layers} by {string.Join(", ", weights)}; supported are those of "
            + $"{Supported.Name().Replace("+", " and ", StringComparison.Ordinal)}. {remedy}.");
    }

    private static void CheckLayers(string folder, ConfigReader config, int layers)
    {
        var model = ConfigReader.Open(Path.Combine(folder, "config.json"));
        // DistilBERT's name for it
        if ((model.OptionalInt("num_hidden_layers") ?? model.OptionalInt("n_layers")) is { } count && count != layers)
            throw new InvalidDataException($"{config.Describe("num_hidden_layers")}, and the model in '{model.Path}' has {count} layers.");
    }

    /// <returns>Of every state, those before <paramref name="start"/> too; their sum is 1.</returns>
    private static float[] ReadWeights(string path, int start, int layers)
    {
        var format = WeightFormat.All.FirstOrDefault(f => File.Exists(Path.Combine(path, f.SingleFile)))
            ?? throw new FileNotFoundException($"'{path}' has none of {string.Join(", ", WeightFormat.All.Select(f => f.SingleFile))}, "
                + $"which hold the weights of a {Module}. Download it again.");
        var weightFile = Path.Combine(path, format.SingleFile);
        FolderLinks.Check(weightFile);
        using var file = format.Open(weightFile);
        if (!file.Tensors.TryGetValue(Tensor, out var tensor) || !tensor.Shape.SequenceEqual([layers + 1 - start])
            || !FloatConversion.IsSupported(tensor.DType))
            throw new InvalidDataException(
                $"'{weightFile}' must hold '{Tensor}' as floating-point numbers of shape [{layers + 1 - start}], for the states {start} to "
                + $"{layers}; it holds {string.Join(", ", file.Tensors.Values.Select(t => $"'{t.Name}' {t.ShapeText}"))}.");
        var weights = new float[layers + 1];
        new CheckpointTensor(file, tensor).ReadRows(0, 1, weights.AsSpan(start));
        var sum = weights.Sum();
        return Array.ConvertAll(weights, weight => weight / sum);
    }
}
