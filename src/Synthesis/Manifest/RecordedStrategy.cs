using System.Text.Json.Serialization;

namespace XlLoraOnnx.Synthesis;

/// <summary>A strategy as it stands in run.json.</summary>
/// <param name="Kind"><c>prompts</c>, <c>in-context</c>, <c>composition</c>, <c>translation</c>, or <c>custom</c> for one that this
/// program does not have.</param>
/// <param name="Name">Of its prompts.</param>
/// <param name="Shots">How many examples a prompt shows.</param>
/// <param name="Drawn">Whether each row draws its own.</param>
/// <param name="Examples">To choose from: themselves, so that the run needs no other file.</param>
/// <param name="Composition">Adapters of each language.</param>
/// <param name="Translation">Languages and table of a run of translations.</param>
internal sealed record RecordedStrategy(
    string Kind, string Name, int? Shots = null, bool? Drawn = null, IReadOnlyList<InContextExample>? Examples = null,
    RecordedComposition? Composition = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RecordedTranslation? Translation = null)
{
    private const string Prompts = "prompts", InContext = "in-context", Composed = "composition", Custom = "custom";

    /// <param name="recorded">How a path is written.</param>
    public static RecordedStrategy Of(ISynthesisStrategy strategy, Func<string, string> recorded) => strategy switch
    {
        PromptStrategy => new RecordedStrategy(Prompts, strategy.Name),
        InContextStrategy shown => new RecordedStrategy(InContext, shown.Name, shown.Count, shown.IsDrawn, shown.Examples),
        // without a source, whoever began the run has made its adapters known himself
        CompositionStrategy { Source: { } source } composed =>
            new RecordedStrategy(Composed, composed.Name, Composition: RecordedComposition.Of(composed, source, recorded)),
        TranslationStrategy translation =>
            new RecordedStrategy(TranslationStrategy.Kind, translation.Name, Translation: RecordedTranslation.Of(translation, recorded)),
        _ => new RecordedStrategy(Custom, strategy.Name),
    };

    /// <param name="runFolder">Full path of the folder, where it is now.</param>
    public ISynthesisStrategy ToStrategy(string runFolder) => this switch
    {
        { Kind: Prompts } => new PromptStrategy(Name),
        { Kind: InContext, Shots: { } shots, Drawn: { } drawn, Examples: { } examples } =>
            new InContextStrategy(examples, shots, drawn, Name),
        { Kind: Composed, Composition: { } composition } => composition.ToStrategy(Name, runFolder),
        { Kind: TranslationStrategy.Kind, Translation: { } translation } => translation.ToStrategy(runFolder),
        { Kind: Custom } => throw new NotSupportedException(
            $"The run was made with \"{Name}\", a strategy of its own: take it up from .NET, with SynthesisJob and that strategy."),
        _ => throw new InvalidDataException(
            $"The strategy is of the kind \"{Kind}\" and not whole; there are {Prompts}, {InContext} with shots, drawn and examples, "
            + $"{Composed} with its composition, and {Custom}."),
    };
}

/// <summary><see cref="CompositionStrategy"/> as it stands in run.json.</summary>
/// <param name="Recipes">Text of the file of recipes.</param>
/// <param name="RecipesPath">Of that file, as <see cref="RecordedPath"/> has it.</param>
/// <param name="Cache">Folder with the composed adapters.</param>
/// <param name="Languages">In their order.</param>
/// <param name="Files">Name of an adapter → its file in the cache.</param>
/// <param name="Facts">What the adapters were composed from.</param>
internal sealed record RecordedComposition(string Recipes, string RecipesPath, string Cache,
    IReadOnlyList<RecordedLanguage> Languages, SortedDictionary<string, string> Files, SortedDictionary<string, string> Facts)
{
    public static RecordedComposition Of(CompositionStrategy strategy, CompositionSource source, Func<string, string> recorded) => new(
        source.Recipes, recorded(source.RecipesPath), recorded(source.Cache),
        [.. strategy.LanguageAdapters.Select(l => new RecordedLanguage(l.Language, l.AnswerLanguage, l.Positive, l.Negative))],
        new SortedDictionary<string, string>(source.Files.ToDictionary(), StringComparer.Ordinal),
        new SortedDictionary<string, string>(strategy.Settings.ToDictionary(), StringComparer.Ordinal));

    public CompositionStrategy ToStrategy(string promptSet, string runFolder) => new(
        [.. Languages.Select(l => new LanguageAdapters(l.Language, l.AnswerLanguage, l.Positive, l.Negative))], Facts, promptSet)
    {
        Source = new CompositionSource
        {
            Recipes = Recipes,
            RecipesPath = RecordedPath.Full(RecipesPath, runFolder),
            Cache = RecordedPath.Full(Cache, runFolder),
            Files = Files,
        },
    };
}

/// <param name="Positive">Null for the base model.</param>
/// <param name="Negative">Null for the base model.</param>
internal sealed record RecordedLanguage(string Language, string AnswerLanguage, string? Positive, string? Negative);
