namespace XlLoraOnnx.Exporter;

/// <summary>What <c>config_sentence_transformers.json</c> says of every text and vector (sentence_transformers, base/model.py and
/// sentence_transformer/model.py).</summary>
internal sealed record SentenceTransformersSettings
{
    public const string FileName = "config_sentence_transformers.json";
    private const string Cosine = "cosine";
    private const int MaxPrompts = 1000;

    /// <summary>Name → text; null in the file is an empty text, as there.</summary>
    public IReadOnlyDictionary<string, string> Prompts { get; private init; } = new Dictionary<string, string>();

    /// <summary>Which of them stands before texts for which nothing is asked; null for none.</summary>
    public string? DefaultPromptName { get; private init; }

    /// <summary>Its text; null for none.</summary>
    public string? DefaultPrompt => DefaultPromptName is null ? null : Prompts[DefaultPromptName];

    /// <summary>By what its authors compare vectors (<c>dot</c>, <c>euclidean</c>, <c>manhattan</c>); null for the cosine.</summary>
    public string? Similarity { get; private init; }

    /// <summary>Empty for a folder without the file.</summary>
    /// <exception cref="InvalidDataException">A prompt is no text, or the default one is none of them.</exception>
    /// <exception cref="NotSupportedException">Vectors are to be cut, or there is more than one for a text.</exception>
    public static SentenceTransformersSettings Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return new SentenceTransformersSettings();
        var config = ConfigReader.Open(path);
        SentenceFields.Settings.ThrowIfRefused(config);
        var prompts = ReadPrompts(path, config);
        var name = config.OptionalString("default_prompt_name");
        return name is null || prompts.ContainsKey(name)
            ? new SentenceTransformersSettings
            {
                Prompts = prompts,
                DefaultPromptName = name,
                Similarity = config.OptionalString("similarity_fn_name") is { } similarity && similarity != Cosine ? similarity : null,
            }
            : throw new InvalidDataException($"{config.Describe("default_prompt_name")}, which is none of its prompts "
                + $"({(prompts.Count == 0 ? "it has none" : string.Join(", ", prompts.Keys))}).");
    }

    private static SortedDictionary<string, string> ReadPrompts(string path, ConfigReader config)
    {
        var prompts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (config.OptionalObject("prompts") is not { } list)
            return prompts;
        if (list.Names.Count() > MaxPrompts)
            throw new NotSupportedException($"'{path}' has {list.Names.Count()} prompts; up to {MaxPrompts} are read.");
        foreach (var name in list.Names)
            prompts.Add(name, list.OptionalString(name) ?? "");
        return prompts;
    }
}
