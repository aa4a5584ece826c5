namespace XlLoraOnnx.Synthesis;

/// <summary>The prompts of XL-LoRA, in the language of each row and with the adapters that were composed for it.</summary>
/// <remarks>
/// Method: AdaMergeX (arXiv 2402.18913) as "Bootstrapping Embeddings for Low Resource Languages" (arXiv 2603.01732) uses it. The
/// adapters are composed and made known to the model before (<c>AdapterCache</c> of XlLoraOnnx.Exporter); this chooses among them.
/// </remarks>
public sealed class CompositionStrategy : ISynthesisStrategy
{
    private readonly PromptStrategy _prompts;
    private readonly OrderedDictionary<string, LanguageAdapters> _languages = new(StringComparer.Ordinal);

    /// <param name="languages">At least one, none twice.</param>
    /// <param name="facts">What the adapters were composed from, by name, for the record: a run with others is not continued.</param>
    /// <param name="promptSet">One of <see cref="PromptStrategy.PromptSets"/>.</param>
    /// <exception cref="ArgumentException">There is no language, one is there twice, or there is no such prompt.</exception>
    public CompositionStrategy(
        IReadOnlyList<LanguageAdapters> languages, IReadOnlyDictionary<string, string>? facts = null, string promptSet = "xllora-gen-v1")
    {
        ArgumentNullException.ThrowIfNull(languages);
        if (languages.Count == 0)
            throw new ArgumentException("A composition needs the adapters of at least one language.", nameof(languages));
        foreach (var language in languages)
        {
            if (!_languages.TryAdd(language.Language, language))
                throw new ArgumentException($"The language \"{language.Language}\" is there twice.", nameof(languages));
        }
        _prompts = new PromptStrategy(promptSet);
        Settings = new SortedDictionary<string, string>(facts?.ToDictionary(f => f.Key, f => f.Value) ?? [], StringComparer.Ordinal)
        {
            ["languages"] = string.Join(", ", languages.Select(l => $"{l.Language} ({l.AnswerLanguage})")),
        };
    }

    /// <inheritdoc/>
    public string Name => _prompts.Name;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Templates => _prompts.Templates;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>Where the adapters come from, to make them known again when a run is taken up; null where the caller does that.</summary>
    public CompositionSource? Source { get; init; }

    /// <summary>What rows of each language are written with.</summary>
    public IReadOnlyList<LanguageAdapters> LanguageAdapters => [.. _languages.Values];

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Languages => _languages.Keys;

    /// <inheritdoc/>
    public string AnswerLanguage(string language) => Of(language).AnswerLanguage;

    /// <inheritdoc/>
    public string Prompt(SynthesisSide side, string anchor, string language, PromptRandom random) =>
        _prompts.Prompt(side, anchor, AnswerLanguage(language), random);

    /// <inheritdoc/>
    public IReadOnlyList<string?> Adapters(SynthesisSide side, string? named) =>
        [.. _languages.Values.Select(l => Named(l, side)).Distinct()];

    /// <inheritdoc/>
    public string? Adapter(SynthesisSide side, string anchor, string language, string? named) => Named(Of(language), side);

    private LanguageAdapters Of(string language) => _languages.GetValueOrDefault(language) ?? throw new ArgumentException(
        $"There are no adapters for the language \"{language}\"; there are for: {string.Join(", ", _languages.Keys)}.", nameof(language));

    private static string? Named(LanguageAdapters language, SynthesisSide side) =>
        side == SynthesisSide.Positive ? language.Positive : language.Negative;
}

/// <summary>What rows of one language are written with.</summary>
/// <param name="Language">As the rows have it: a code, for example.</param>
/// <param name="AnswerLanguage">English name of the language that answers are asked for in.</param>
/// <param name="Positive">Adapter that writes <c>sent1</c>; null for the base model.</param>
/// <param name="Negative">Adapter that writes <c>hard_neg</c>; null for the base model.</param>
public sealed record LanguageAdapters(string Language, string AnswerLanguage, string? Positive, string? Negative);

/// <summary>Where the adapters of a <see cref="CompositionStrategy"/> come from.</summary>
public sealed record CompositionSource
{
    /// <summary>The file of recipes, word for word.</summary>
    public required string Recipes { get; init; }

    /// <summary>Full path of the file of recipes, which paths in it are relative to.</summary>
    public required string RecipesPath { get; init; }

    /// <summary>Full path of the folder with the composed adapters.</summary>
    public required string Cache { get; init; }

    /// <summary>Name of an adapter → its file in <see cref="Cache"/>.</summary>
    public required IReadOnlyDictionary<string, string> Files { get; init; }
}
