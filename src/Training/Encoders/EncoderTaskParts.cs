namespace XlLoraOnnx.Training;

/// <summary>What an encoder's training is made of; all of it belongs to <see cref="EncoderTrainer"/>, which outlives the task.</summary>
internal sealed record EncoderTaskParts
{
    public required EncoderCheckpoint Checkpoint { get; init; }

    /// <summary>Of the checkpoint's graph.</summary>
    public required CheckpointParameters Parameters { get; init; }

    /// <summary>There with <see cref="EncoderPooler.Cls"/> alone.</summary>
    public required MlpHead? Head { get; init; }

    /// <summary>There with <see cref="EncoderTrainingOptions.MaskedLanguageModeling"/> alone.</summary>
    public LanguageModelHead? LanguageModel { get; init; }

    public required TripletBatches Batches { get; init; }

    public required DevSets DevSets { get; init; }

    public required EncoderTrainingOptions Options { get; init; }

    public required TrainingOptions Training { get; init; }

    /// <summary>What <see cref="ITrainingTask.Fingerprint"/> says.</summary>
    public required string Fingerprint { get; init; }

    public EncoderDropout Dropout => Checkpoint.Dropout.With(Options.Dropout);

    /// <summary>What somebody should know of the model and the data.</summary>
    public IReadOnlyList<string> Notices =>
        [.. Checkpoint.Notices, .. Batches.Data.Notice is { } notice ? [notice] : (string[])[]];

    /// <summary>Scores on the dev sets.</summary>
    /// <param name="embed">Vectors of a batch, [texts, dimension], with the weights as they are and without dropout.</param>
    public IReadOnlyList<DevScore> Evaluate(Func<EncoderBatch, float[]> embed, CancellationToken cancellationToken)
    {
        using var generator = new BatchEmbeddingGenerator(Checkpoint.Tokenizer, Checkpoint.Facts, embed, Checkpoint.Name);
        return DevSets.EvaluateAsync(generator, cancellationToken).GetAwaiter().GetResult();
    }
}
