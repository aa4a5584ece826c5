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

    /// <param name="recorded">How a path is written.</param>
    public static RecordedSynthesis Of(SynthesisOptions options, Func<string, string> recorded) => new()
    {
        Strategy = RecordedStrategy.Of(options.Strategy, recorded),
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
    /// <param name="runFolder">Full path of the folder, where it is now.</param>
    public SynthesisOptions ToOptions(string runFolder) => new()
    {
        Strategy = Strategy.ToStrategy(runFolder),
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
