using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Training;

/// <summary>The training of one adapter on a base that stays as it is, as the loop sees it.</summary>
internal sealed class AdapterTask : ITrainingTask, IDisposable
{
    private readonly AdapterTaskParts _parts;
    private readonly FrozenWeights _frozen;
    private readonly Parameter[] _missing;
    private readonly Parameter[] _inputs;
    private readonly StepSession _session;
    private readonly Lazy<StepSession> _evaluation;

    public AdapterTask(AdapterTaskParts parts)
        : this(parts, new FrozenWeights(parts.Base, parts.Options.BasePrecision))
    {
    }

    /// <param name="frozen">Weights of the base, which become the task's own.</param>
    public AdapterTask(AdapterTaskParts parts, FrozenWeights frozen)
    {
        _parts = parts;
        var (training, seed) = (parts.Training, (ulong)parts.Training.Seed);
        var source = parts.Base.Graph;
        var (graph, gradients) = AdapterGraph.Step(source, parts.GraphSettings, parts.Parameters);
        (_frozen, _missing) = (frozen, [.. Missing(parts)]);
        _inputs = [.. _frozen.Floats, .. _missing, .. parts.Parameters];
        _session = new StepSession(graph, gradients, training.Threads, seed);
        _evaluation = new(() => new StepSession(AdapterGraph.Evaluation(source, parts.GraphSettings, parts.Parameters),
            StepSession.NoGradients, training.Threads, seed));
    }

    public IReadOnlyList<Parameter> Parameters => _parts.Parameters;

    public int StepsPerEpoch => _parts.Batches.StepsPerEpoch;

    public string Fingerprint => _parts.Fingerprint;

    public StepLoss ComputeGradients(long step, IReadOnlyList<ParameterGradient> gradients, CancellationToken cancellationToken)
    {
        var all = _parts.Batches.Step(step);
        var loss = 0.0;
        foreach (var (i, batch) in all.Batches.Index())
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var feed = Feed(_session, batch, all.LossScale, step, i);
            var part = _session.Run(feed, AdapterGraph.Loss, gradients)[0];
            if (!float.IsFinite(part))
                throw new NotFiniteLossException($"The loss of step {step + 1} is {part}. {_parts.Describe(batch)} A lower learning rate, or "
                    + "a warm-up, may help.");
            loss += part;
        }
        return new StepLoss(loss, all.Rows, all.Tokens);
    }

    public IReadOnlyList<DevScore> Evaluate(CancellationToken cancellationToken) => _parts.Evaluate(batch =>
    {
        using var feed = Feed(_evaluation.Value, batch, scale: 1, step: 0, part: 0);
        return _evaluation.Value.Run(feed, AdapterGraph.Loss, [])[0];
    }, cancellationToken);

    public void Dispose()
    {
        _session.Dispose();
        if (_evaluation.IsValueCreated)
            _evaluation.Value.Dispose();
        _frozen.Dispose();
        foreach (var parameter in _missing)
            parameter.Dispose();
    }

    /// <summary>Of the shapes of a graph, for a batch.</summary>
    public static IReadOnlyDictionary<string, long> Symbols(AdapterBatch batch) => new Dictionary<string, long>
    {
        ["batch_size"] = batch.Rows,
        ["sequence_length"] = batch.Length,
        ["logits_rows"] = batch.Labels.Length,
    };

    private StepFeed Feed(StepSession session, AdapterBatch batch, float scale, long step, int part)
    {
        var feed = new StepFeed(_inputs, _frozen.Quantized);
        long[] shape = [batch.Rows, batch.Length];
        feed.Add("input_ids", OrtValue.CreateTensorValueFromMemory(batch.InputIds, shape));
        feed.Add("attention_mask", OrtValue.CreateTensorValueFromMemory(batch.AttentionMask, shape));
        feed.Add(AdapterGraph.LogitsIndices, OrtValue.CreateTensorValueFromMemory(batch.LogitsIndices, [batch.LogitsIndices.Length]));
        feed.Add(AdapterGraph.Labels, OrtValue.CreateTensorValueFromMemory(batch.Labels, [batch.Labels.Length]));
        feed.Add(AdapterGraph.LossScale, OrtValue.CreateTensorValueFromMemory(new[] { scale }, []));
        session.Prepare(feed, Symbols(batch), step, part);
        return feed;
    }

    /// <summary>Modules without factors have such as are of rank 0.</summary>
    private static IEnumerable<Parameter> Missing(AdapterTaskParts parts)
    {
        var there = parts.Parameters.Select(p => p.Name).ToHashSet();
        foreach (var slot in parts.Base.Slots.Where(s => !there.Contains(s.Name + LoraParameters.A)))
        {
            yield return new Parameter(slot.Name + LoraParameters.A, [slot.InFeatures, 0]);
            yield return new Parameter(slot.Name + LoraParameters.B, [0, slot.OutFeatures]);
        }
    }
}
