using System.Text.Json;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// The config.json of sentence-transformers' Pooling module: <c>pooling_mode</c>, a word or a list of them, since 5.4; one boolean for each
/// way before. Several are concatenated in their order; none at all is the mean (sentence_transformers,
/// sentence_transformer/modules/pooling.py).
/// </summary>
internal static class SentencePoolingConfig
{
    private const string Mode = "pooling_mode";

    private static readonly Dictionary<string, EmbeddingPooling> Modes = new()
    {
        ["cls"] = EmbeddingPooling.Cls,
        ["max"] = EmbeddingPooling.Max,
        ["mean"] = EmbeddingPooling.Mean,
        ["mean_sqrt_len_tokens"] = EmbeddingPooling.MeanSqrtLen,
        ["weightedmean"] = EmbeddingPooling.WeightedMean,
        ["lasttoken"] = EmbeddingPooling.Last,
    };

    // in the order in which they are concatenated
    private static readonly (string Name, EmbeddingPooling Pooling)[] Booleans =
    [
        ("pooling_mode_cls_token", EmbeddingPooling.Cls), ("pooling_mode_max_tokens", EmbeddingPooling.Max),
        ("pooling_mode_mean_tokens", EmbeddingPooling.Mean), ("pooling_mode_mean_sqrt_len_tokens", EmbeddingPooling.MeanSqrtLen),
        ("pooling_mode_weightedmean_tokens", EmbeddingPooling.WeightedMean), ("pooling_mode_lasttoken", EmbeddingPooling.Last),
    ];

    /// <param name="remedy">The end of a refusal: what to do.</param>
    /// <exception cref="NotSupportedException">It pools as no graph does.</exception>
    public static IReadOnlyList<EmbeddingPooling> Read(string path, string remedy)
    {
        var config = ConfigReader.Open(path);
        SentenceFields.Pooling.ThrowIfRefused(config, remedy);
        return config.Has(Mode) ? ReadMode(config, remedy) : ReadBooleans(config, remedy);
    }

    private static IReadOnlyList<EmbeddingPooling> ReadMode(ConfigReader config, string remedy)
    {
        IReadOnlyList<string> words = config.Find(Mode)!.Value.ValueKind == JsonValueKind.Array
            ? config.OptionalStrings(Mode)!
            : [config.OptionalString(Mode)!];
        if (words.Count == 0)
            throw new InvalidDataException($"{config.Describe(Mode)}, expected one or more of {string.Join(", ", Modes.Keys)}.");
        if (words.FirstOrDefault(word => !Modes.ContainsKey(word)) is { } unknown)
            throw new NotSupportedException(
                $"{config.Describe(Mode)}; '{unknown}' is not supported, {string.Join(", ", Modes.Keys)} are. {remedy}.");
        return [.. words.Select(word => Modes[word])];
    }

    private static IReadOnlyList<EmbeddingPooling> ReadBooleans(ConfigReader config, string remedy)
    {
        var chosen = config.Names.Where(n => n.StartsWith(Mode + "_", StringComparison.Ordinal) && config.Bool(n, false)).ToArray();
        if (chosen.FirstOrDefault(name => !Booleans.Any(b => b.Name == name)) is { } unknown)
            throw new NotSupportedException(
                $"{config.Describe(unknown)}; {string.Join(", ", Booleans.Select(b => b.Name))} are supported. {remedy}.");
        return chosen.Length == 0
            ? [EmbeddingPooling.Mean]
            : [.. Booleans.Where(b => chosen.Contains(b.Name)).Select(b => b.Pooling)];
    }
}
