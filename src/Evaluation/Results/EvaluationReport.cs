namespace XlLoraOnnx.Evaluation;

/// <summary>What an <see cref="EmbeddingEvaluator"/> measured.</summary>
public sealed record EvaluationReport
{
    /// <summary>What the results are filed under.</summary>
    public required string ModelName { get; init; }

    /// <summary>The model's fingerprint, or the revision that was given.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Numbers of a vector.</summary>
    public required int Dimension { get; init; }

    /// <summary>One for each task and subset.</summary>
    public required IReadOnlyList<EvaluationResult> Results { get; init; }

    /// <summary>Files of the folders that are no data, and why.</summary>
    public required IReadOnlyList<string> Skipped { get; init; }

    /// <summary>Data of the folders that could not be measured on, and why; the rest was.</summary>
    public IReadOnlyList<UnreadableData> Unreadable { get; init; } = [];

    /// <summary>A sentence for each field of a dataset card, and for a similarity of the model, that is not followed.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>The model's revision in result files: the beginning of its fingerprint.</summary>
    public string Revision => EmbeddingModelIdentity.RevisionOf(Fingerprint);

    /// <summary>Mean main score over the subsets of each task; what MTEB calls the score of the task. Where a task was measured on several
    /// splits, one for each: <c>KorSTS (dev)</c>.</summary>
    public IReadOnlyDictionary<string, double> TaskMeans => Results
        .GroupBy(TitleOf).ToDictionary(g => g.Key, g => g.Average(r => r.MainScore));

    private string TitleOf(EvaluationResult result)
    {
        var task = result.Task == EvaluationTask.Alignment ? $"{result.TaskName} (alignment)" : result.TaskName;
        var several = Results.Any(r => r.TaskName == result.TaskName && r.Task == result.Task && r.Split != result.Split);
        return several ? $"{task} ({result.Split})" : task;
    }
}
