namespace XlLoraOnnx.Training;

/// <summary>What an adapter's training is made of; all of it belongs to <see cref="AdapterTrainer"/>, which outlives the task.</summary>
internal sealed record AdapterTaskParts
{
    private const int MostShown = 5;

    public required AdapterBase Base { get; init; }

    /// <summary>A and B of each module, as inputs of the graph of <see cref="Base"/>.</summary>
    public required IReadOnlyList<Parameter> Parameters { get; init; }

    public required AdapterExamples Examples { get; init; }

    /// <summary>Of <see cref="Examples"/>.</summary>
    public required AdapterBatches Batches { get; init; }

    /// <summary>What the adapter is scored on; empty for nothing.</summary>
    public required IReadOnlyList<AdapterBatch> DevBatches { get; init; }

    public required AdapterTrainingOptions Options { get; init; }

    public required TrainingOptions Training { get; init; }

    /// <summary>What <see cref="ITrainingTask.Fingerprint"/> says.</summary>
    public required string Fingerprint { get; init; }

    public PeftSource Source => new(Options.BaseModelName ?? Base.Name, Base.Text, Base.Slots, Options);

    public AdapterGraphSettings GraphSettings => new(Options.Rank, Options.Scale, Options.Dropout, Options.Checkpointing)
    {
        BasePrecision = Options.BasePrecision,
    };

    /// <summary>What somebody should know of the base and the data.</summary>
    public IReadOnlyList<string> Notices => [.. Base.Notices, .. Examples.Notices];

    /// <summary>Which rows a step is of, for what went wrong with it.</summary>
    public string Describe(AdapterBatch batch) =>
        $"It is of {string.Join("; ", batch.DataRows.Take(MostShown).Select(Examples.Data.Where))}"
        + (batch.Rows > MostShown ? $" and {batch.Rows - MostShown} more rows." : ".");

    /// <summary>The score of <see cref="DevBatches"/>.</summary>
    /// <param name="loss">Σ −log p of a batch's labels, without dropout and with the weights as they are.</param>
    public IReadOnlyList<DevScore> Evaluate(Func<AdapterBatch, double> loss, CancellationToken cancellationToken)
    {
        if (DevBatches.Count == 0)
            return [];
        var sum = 0.0;
        foreach (var batch in DevBatches)
        {
            cancellationToken.ThrowIfCancellationRequested();
            sum += loss(batch);
        }
        return [new DevScore("dev log-likelihood", -sum / DevBatches.Sum(b => (long)b.Labels.Length))];
    }
}
