namespace XlLoraOnnx.Formats;

/// <summary>What a folder that turns texts into vectors promises; its graphs pool and normalise by themselves.</summary>
public sealed record EncoderFacts
{
    /// <summary>
    /// <c>mean</c>, <c>cls</c>, <c>max</c>, <c>last</c>, <c>avg_top2</c>, <c>avg_first_last</c>, <c>weighted_mean</c> or
    /// <c>mean_sqrt_len</c>; several with a plus between, whose vectors are concatenated.
    /// </summary>
    public required string Pooling { get; init; }
    /// <summary>Who said so: <c>option</c>, <c>sentence-transformers</c> or <c>default</c>.</summary>
    public required string PoolingSource { get; init; }
    /// <summary>What is done to the pooled vector, in this order; null for nothing.</summary>
    public IReadOnlyList<DenseFacts>? Dense { get; init; }
    /// <summary>Whether <c>sentence_embedding</c> has length 1.</summary>
    public required bool Normalize { get; init; }
    /// <summary>Numbers of a vector.</summary>
    public required int Dimension { get; init; }
    /// <summary>Tokens of a row, special tokens among them.</summary>
    public required int MaxSequenceLength { get; init; }
    /// <summary>Whether the graphs have the input <c>token_type_ids</c>.</summary>
    public required bool HasTokenTypeIds { get; init; }
    /// <summary>Fills rows on the right, where the attention mask is 0.</summary>
    public required int PadTokenId { get; init; }
    /// <summary>Whether texts are lower-cased before the tokenizer (sentence_bert_config.json).</summary>
    public required bool DoLowerCase { get; init; }
    /// <summary>What stands before texts for which nothing else is asked (config_sentence_transformers.json); null for nothing.</summary>
    public string? Prompt { get; init; }
    /// <summary>Name of <see cref="Prompt"/> among <see cref="Prompts"/>; null where it has none.</summary>
    public string? DefaultPromptName { get; init; }
    /// <summary>Name → what can be asked to stand before texts; null for none.</summary>
    public IReadOnlyDictionary<string, string>? Prompts { get; init; }
    /// <summary>By what its authors compare vectors, where that is not the cosine (config_sentence_transformers.json): <c>dot</c>,
    /// <c>euclidean</c>, <c>manhattan</c>. Said, and not followed.</summary>
    public string? Similarity { get; init; }
    /// <summary>There where the encoder was made of a decoder.</summary>
    public EmbeddingScale? EmbeddingScale { get; init; }
    /// <summary>There where the encoder was made of a decoder.</summary>
    public TokenFacts? Tokens { get; init; }

    /// <summary>What the serializer lets through.</summary>
    internal void CheckPrompts(string path)
    {
        if (Prompts?.FirstOrDefault(p => p.Value is null).Key is { } name)
            throw new InvalidDataException($"'{path}' has null as the prompt \"{name}\"; it must be a text. Export the model again.");
        if (DefaultPromptName is not null && (Prompts is null || !Prompts.TryGetValue(DefaultPromptName, out var text) || text != Prompt))
            throw new InvalidDataException(
                $"'{path}' has the default_prompt_name \"{DefaultPromptName}\", but its prompt is no text of that name among prompts. "
                + "Export the model again.");
    }
}
