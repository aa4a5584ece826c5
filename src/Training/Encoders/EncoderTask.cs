using System.Numerics.Tensors;

namespace XlLoraOnnx.Training;

/// <summary>The contrastive training of an encoder, as the loop sees it.</summary>
internal sealed class EncoderTask : ITrainingTask, IDisposable
{
    private readonly EncoderTaskParts _parts;
    private readonly EncoderSteps _steps;
    private readonly LanguageModelSteps? _languageModel;

    /// <exception cref="NotSupportedException">What is asked for has no graph in training.</exception>
    public EncoderTask(EncoderTaskParts parts)
    {
        _parts = parts;
        var (options, training, dropout) = (parts.Options, parts.Training, parts.Dropout);
        var rates = new DropoutRates(dropout.Embeddings, dropout.Attention, dropout.AttentionOutput, dropout.Mlp);
        Parameters = [.. parts.Parameters.All, .. parts.Head is { } head ? (Parameter[])[head.Weight, head.Bias] : [],
            .. parts.LanguageModel?.Parameters ?? []];
        var settings = new ContrastiveSettings(
            options.Pooler.Output(), parts.Batches.TextsPerRow, options.Temperature, options.HardNegativeWeight)
        {
            Dropout = rates,
            Checkpointing = options.Checkpointing,
            Mlp = parts.Head is { } mlp ? (mlp.Weight, mlp.Bias) : null,
        };
        _steps = new EncoderSteps(
            parts.Checkpoint.Graph, settings, Parameters, options.ChunkSize, training.Threads, (ulong)training.Seed);
        _languageModel = parts.LanguageModel is null ? null : new LanguageModelSteps(parts, settings, Parameters);
    }

    public IReadOnlyList<Parameter> Parameters { get; }

    public int StepsPerEpoch => _parts.Batches.StepsPerEpoch;

    public string Fingerprint => _parts.Fingerprint;

    public StepLoss ComputeGradients(long step, IReadOnlyList<ParameterGradient> gradients, CancellationToken cancellationToken)
    {
        var batch = _parts.Batches[step];
        var loss = _steps.ComputeGradients(batch, step, gradients, cancellationToken);
        var guesses = _languageModel?.ComputeGradients(batch, step, gradients, cancellationToken);
        loss += (float)_parts.Options.MlmWeight * guesses ?? 0;
        if (!float.IsFinite(loss))
            throw new NotFiniteLossException(Refusal(step, batch, loss));
        return new StepLoss(loss, batch.Rows.Count, batch.Tokens, guesses);
    }

    public IReadOnlyList<DevScore> Evaluate(CancellationToken cancellationToken) => _parts.Evaluate(_steps.Embed, cancellationToken);

    /// <summary>What a step of a batch takes, estimated, without the masked-language-model loss.</summary>
    public WorkMemory Memory(EncoderBatch batch) => _steps.Memory(batch);

    public void Dispose()
    {
        _steps.Dispose();
        _languageModel?.Dispose();
    }

    /// <summary>With the rows, and the first layer whose vectors are no numbers.</summary>
    private string Refusal(long step, EncoderBatch batch, float loss)
    {
        const int MostShown = 3;
        var data = _parts.Batches.Data;
        var rows = string.Join("; ", batch.Rows.Take(MostShown).Select(data.Where)) + (batch.Rows.Count > MostShown ? "; …" : "");
        var broken = Parameters.FirstOrDefault(p => !float.IsFinite(TensorPrimitives.Sum<float>(p.Values)));
        var cause = broken is null ? "All weights are numbers; their products are not."
            : $"The first weight that is no number is '{broken.Name}'.";
        return $"The loss of step {step + 1} is {loss}, of {batch.Rows.Count} rows ({rows}). {cause} A lower learning rate, or a warm-up, may help.";
    }
}
