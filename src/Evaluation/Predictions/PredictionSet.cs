namespace XlLoraOnnx.Evaluation;

/// <summary>Examples of one language, and what systems said of them.</summary>
internal sealed record PredictionSet
{
    public required TextTask Task { get; init; }

    public required string TaskName { get; init; }

    public required string Split { get; init; }

    public required string Subset { get; init; }

    public required string Source { get; init; }

    public required IReadOnlyList<TaskExample> Examples { get; init; }

    /// <summary>Name of the system → a prediction for each example.</summary>
    public required IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> Systems { get; init; }

    public required IReadOnlyList<string> Findings { get; init; }
}
