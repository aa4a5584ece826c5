namespace XlLoraOnnx.Formats;

/// <summary>What a folder that generates text promises.</summary>
public sealed record DecoderFacts
{
    /// <summary>Tokens that have a meaning.</summary>
    public required TokenFacts Tokens { get; init; }
    /// <summary>What generation_config.json says.</summary>
    public required SamplingFacts Sampling { get; init; }
    /// <summary>The factor on the embeddings.</summary>
    public required EmbeddingScale EmbeddingScale { get; init; }
    /// <summary>Keys and values of every layer, in graph order.</summary>
    public required IReadOnlyList<CacheEntry> Caches { get; init; }
    /// <summary>Of a model that reads a text with an encoder and writes another; null for one that reads all itself.</summary>
    public TranslationFacts? Translation { get; init; }
    /// <summary>What generation_config.json asks for and no engine does, each with its value; null for nothing.</summary>
    public IReadOnlyList<string>? IgnoredSettings { get; init; }

    /// <summary>One sentence for whoever exports or loads the model.</summary>
    public static string DescribeIgnored(IReadOnlyList<string> settings) =>
        $"generation_config.json sets {string.Join(", ", settings)}: text is generated without, and how long an answer may be is said "
        + "with each request.";

    /// <summary>What the serializer lets through.</summary>
    /// <param name="path">Of the manifest.</param>
    internal void Check(string path)
    {
        if (Caches.Count == 0 || Caches.Contains(null!))
            throw new InvalidDataException($"'{path}' has no entry, or null, among decoder.caches. Export the model again.");
        if (IgnoredSettings?.Contains(null!) == true)
            throw new InvalidDataException($"'{path}' has null among decoder.ignored_settings. Export the model again.");
        foreach (var cache in Caches)
        {
            if (cache.Fault() is { } fault)
                throw new InvalidDataException($"'{path}' has {fault} in decoder.caches. Export the model again.");
        }
        if (Caches.Any(c => c.Kind == CacheKind.Cross) != Translation is not null)
            throw new InvalidDataException($"'{path}' has {(Translation is null ? "caches of cross attention and no" : "no such cache and")} "
                + "decoder.translation: they go together. Export the model again.");
        if (Translation is { MaxSourceLength: < 1 } or { DecoderStartTokenId: < 0 })
            throw new InvalidDataException($"'{path}' has {Translation} as decoder.translation. Export the model again.");
        string[] inputs = [.. Caches.SelectMany(c => new[] { c.KeyInput, c.ValueInput })];
        string[] outputs = [.. Caches.SelectMany(c => new[] { c.KeyOutput, c.ValueOutput }).OfType<string>()];
        if ((Twice(inputs) ?? Twice(outputs)) is { } name)
            throw new InvalidDataException($"'{path}' names '{name}' twice in decoder.caches. Export the model again.");

        static string? Twice(string[] names) => names.GroupBy(n => n).FirstOrDefault(g => g.Count() > 1)?.Key;
    }
}

/// <summary>How a model with an encoder and a decoder is asked.</summary>
public sealed record TranslationFacts
{
    /// <summary>Stands before the code of the target language in every translation.</summary>
    public required int DecoderStartTokenId { get; init; }
    /// <summary>Tokens of the longest text, its language and its end among them.</summary>
    public required int MaxSourceLength { get; init; }
}

/// <summary>The factor on the embeddings of a decoder.</summary>
/// <param name="Value">The factor on the embedding (1 where the family has none).</param>
/// <param name="Mode"><c>exact</c> (sqrt(hidden_size) in float32), <c>bf16</c> (rounded to bfloat16) or <c>none</c>.</param>
public sealed record EmbeddingScale(float Value, string Mode);

/// <summary>Tokens that have a meaning.</summary>
public sealed record TokenFacts
{
    /// <summary>Begins a row.</summary>
    public required int BosTokenId { get; init; }
    /// <summary>Stop tokens of generation_config.json, else of config.json.</summary>
    public required IReadOnlyList<int> EosTokenIds { get; init; }
    /// <summary>Fills rows.</summary>
    public required int PadTokenId { get; init; }
    /// <summary>Whether the checkpoint has a template for conversations.</summary>
    public required bool HasChatTemplate { get; init; }
}

/// <summary>generation_config.json; a missing field is Hugging Face's default.</summary>
public sealed record SamplingFacts
{
    /// <summary>Whether tokens are drawn; else the likeliest is taken.</summary>
    public required bool DoSample { get; init; }
    /// <summary>Divides the logits.</summary>
    public required float Temperature { get; init; }
    /// <summary>0: off.</summary>
    public required int TopK { get; init; }
    /// <summary>1: off.</summary>
    public required float TopP { get; init; }
    /// <summary>0: off, as in folders of older exports.</summary>
    public float MinP { get; init; }
    /// <summary>1: off.</summary>
    public required float RepetitionPenalty { get; init; }
}
