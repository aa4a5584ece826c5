namespace XlLoraOnnx.Training;

/// <summary>What a training for two languages is made of; all of it belongs to <see cref="FusionPreparation"/>, which outlives the
/// task.</summary>
internal sealed record FusionTaskParts
{
    private const int MostShown = 5;

    public required FusionBase Base { get; init; }

    /// <summary>As inputs of the graph of <see cref="Base"/>.</summary>
    public required IReadOnlyList<Parameter> Parameters { get; init; }

    public required FusionExamples Examples { get; init; }

    /// <summary>Of <see cref="Examples"/>.</summary>
    public required FusionBatches Batches { get; init; }

    /// <summary>What the adapter is scored on; null for nothing.</summary>
    public required FusionBatches? DevBatches { get; init; }

    /// <summary>Reads targets in place of sources; null for a model that reads sources itself, or none.</summary>
    public required TranslationEncoder? Translation { get; init; }

    public required FusionTrainingOptions Options { get; init; }

    public required TrainingOptions Training { get; init; }

    /// <summary>Of the weights of the model as its files have them.</summary>
    public required string BaseFingerprint { get; init; }

    /// <summary>What <see cref="ITrainingTask.Fingerprint"/> says.</summary>
    public required string Fingerprint { get; init; }

    public FusionGraphSettings GraphSettings => new(
        Options.Rank, Options.Scale, Options.AnswersSpans, HidesPadding: Options.Padding == FusionPadding.Masked)
    {
        Dropout = Base.Rates(Options.Dropout),
        Checkpointing = Options.Checkpointing,
    };

    /// <summary>What somebody should know of the model and the data.</summary>
    public IReadOnlyList<string> Notices => [.. Base.Notices, .. Examples.Notices];

    /// <param name="weights">Of the model.</param>
    /// <returns>Null where no second language is read.</returns>
    public IFusionSource? Source(IReadOnlyList<Parameter> weights) => Options.Fusion is null ? null
        : Translation is { } translation ? new TranslatedSource(translation, Base.Shape.SourceDimension!.Value)
        : new ModelSource(Base, weights, Options.SourceDropout ? Base.SourceRates : default, Training);

    /// <summary>Which rows a step is of, for what went wrong with it.</summary>
    public string Describe(FusionBatch batch) =>
        $"It is of {string.Join("; ", batch.DataRows.Take(MostShown).Select(Examples.Data.Where))}"
        + (batch.Rows > MostShown ? $" and {batch.Rows - MostShown} more rows." : ".");
}
