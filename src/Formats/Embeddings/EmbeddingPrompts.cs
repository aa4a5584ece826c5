namespace XlLoraOnnx.Formats;

/// <summary>What an embedding model writes before texts, as an embedding generator says it when asked for this service.</summary>
/// <remarks>
/// A generator that offers it takes a prompt for a call as well: a string under <see cref="PromptProperty"/> or, by its name, under
/// <see cref="NameProperty"/> in <c>EmbeddingGenerationOptions.AdditionalProperties</c>. Without either it writes <see cref="Default"/>.
/// </remarks>
public sealed record EmbeddingPrompts
{
    /// <summary>Key of the text that is written before each text of a call; an empty string for nothing.</summary>
    public const string PromptProperty = "prompt";

    /// <summary>Key of the name of one of <see cref="Texts"/>.</summary>
    public const string NameProperty = "prompt_name";

    /// <summary>A model that writes nothing before any text.</summary>
    public static EmbeddingPrompts None { get; } = new();

    /// <summary>Name → text, as <c>config_sentence_transformers.json</c> of the checkpoint has them: <c>query</c>, <c>document</c>,
    /// …</summary>
    public IReadOnlyDictionary<string, string> Texts { get; init; } = new Dictionary<string, string>();

    /// <summary>What stands before texts for which nothing else is asked; empty for nothing.</summary>
    public string Default { get; init; } = "";

    /// <summary>Name of <see cref="Default"/>; null where it has none.</summary>
    public string? DefaultName { get; init; }

    /// <summary>The text of a prompt.</summary>
    /// <exception cref="ArgumentException">There is no prompt of this name.</exception>
    public string Text(string name) => Texts.TryGetValue(name, out var text) ? text : throw new ArgumentException(
        $"There is no prompt \"{name}\"; the model has "
        + (Texts.Count == 0 ? "none." : $"{string.Join(", ", Texts.Keys.Order(StringComparer.Ordinal).Select(n => $"\"{n}\""))}."));
}
