using System.Text.Json.Serialization;

namespace XlLoraOnnx.Synthesis;

/// <summary><see cref="SynthesisOptions"/> as they stand in run.json.</summary>
internal sealed record RecordedSynthesis
{
    public required RecordedStrategy Strategy { get; init; }

    public required string? Positive { get; init; }

    public required string? Negative { get; init; }

    /// <summary>The only column that is written; null for both.</summary>
    public required string? Only { get; init; }

    public required string Language { get; init; }

    public required SamplingOptions Sampling { get; init; }

    public required int MaxNewTokens { get; init; }

    public required int Samples { get; init; }

    public required int MaxAttempts { get; init; }

    public required int MaxFailures { get; init; }

    public required bool DoubleBos { get; init; }

    public required RecordedFilters Filters { get; init; }

    public static RecordedSynthesis Of(SynthesisOptions options) => new()
    {
        Strategy = RecordedStrategy.Of(options.Strategy),
        Positive = options.Positive,
        Negative = options.Negative,
        Only = options.Only is { } side ? TripletColumns.Of(side) : null,
        Language = options.Language,
        Sampling = options.Sampling ?? throw new ArgumentException("The sampling that a run uses must be known when it begins."),
        MaxNewTokens = options.MaxNewTokens,
        Samples = options.Samples,
        MaxAttempts = options.MaxAttempts,
        MaxFailures = options.MaxFailures,
        DoubleBos = options.DoubleBos,
        Filters = RecordedFilters.Of(options.Filters),
    };

    /// <exception cref="NotSupportedException">The strategy is none of this program.</exception>
    public SynthesisOptions ToOptions() => new()
    {
        Strategy = Strategy.ToStrategy(),
        Positive = Positive,
        Negative = Negative,
        Only = Only is null ? null : TripletColumns.Sides.Single(side => TripletColumns.Of(side) == Only),
        Language = Language,
        Sampling = Sampling,
        MaxNewTokens = MaxNewTokens,
        Samples = Samples,
        MaxAttempts = MaxAttempts,
        MaxFailures = MaxFailures,
        DoubleBos = DoubleBos,
        Filters = Filters.ToOptions(),
    };
}

/// <summary><see cref="AnswerFilterOptions"/> as they stand in run.json.</summary>
internal sealed record RecordedFilters(
    IReadOnlyList<string> Checks, bool Repair, double NearCopySimilarity, int EchoLength, string? AnswerLanguage)
{
    public static RecordedFilters Of(AnswerFilterOptions options) => new(
        [.. AnswerFilterOptions.AllChecks.Where(options.Checks.Contains).Select(RejectionReasons.Name)],
        options.Repair, options.NearCopySimilarity, options.EchoLength, options.AnswerLanguage);

    public AnswerFilterOptions ToOptions() => new()
    {
        Checks = [.. Checks.Select(RejectionReasons.Parse)],
        Repair = Repair,
        NearCopySimilarity = NearCopySimilarity,
        EchoLength = EchoLength,
        AnswerLanguage = AnswerLanguage,
    };
}

/// <summary>A strategy as it stands in run.json.</summary>
/// <param name="Kind"><c>prompts</c>, <c>in-context</c>, or <c>custom</c> for one that this program does not have.</param>
/// <param name="Name">Of its prompts.</param>
/// <param name="Shots">How many examples a prompt shows.</param>
/// <param name="Drawn">Whether each row draws its own.</param>
/// <param name="Translation">Languages and table of a run of translations.</param>
/// <param name="Examples">To choose from: themselves, so that the run needs no other file.</param>
internal sealed record RecordedStrategy(
    string Kind, string Name, int? Shots = null, bool? Drawn = null, IReadOnlyList<InContextExample>? Examples = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RecordedTranslation? Translation = null)
{
    private const string Prompts = "prompts", InContext = "in-context", Custom = "custom";

    public static RecordedStrategy Of(ISynthesisStrategy strategy) => strategy switch
    {
        PromptStrategy => new RecordedStrategy(Prompts, strategy.Name),
        InContextStrategy shown => new RecordedStrategy(InContext, shown.Name, shown.Count, shown.IsDrawn, shown.Examples),
        TranslationStrategy translation =>
            new RecordedStrategy(TranslationStrategy.Kind, translation.Name, Translation: RecordedTranslation.Of(translation)),
        _ => new RecordedStrategy(Custom, strategy.Name),
    };

    public ISynthesisStrategy ToStrategy() => this switch
    {
        { Kind: Prompts } => new PromptStrategy(Name),
        { Kind: InContext, Shots: { } shots, Drawn: { } drawn, Examples: { } examples } =>
            new InContextStrategy(examples, shots, drawn, Name),
        { Kind: TranslationStrategy.Kind, Translation: { } translation } => translation.ToStrategy(),
        { Kind: Custom } => throw new NotSupportedException(
            $"The run was made with \"{Name}\", a strategy of its own: take it up from .NET, with SynthesisJob and that strategy."),
        _ => throw new InvalidDataException(
            $"The strategy is of the kind \"{Kind}\" and not whole; there are {Prompts}, {InContext} with shots, drawn and examples, and "
            + $"{Custom}."),
    };
}
