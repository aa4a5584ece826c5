using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Training;

/// <summary>The training of an adapter for two languages and of its head, as the loop sees it.</summary>
internal sealed class FusionTask : ITrainingTask, IDisposable
{
    private readonly FusionTaskParts _parts;
    private readonly IReadOnlyList<Parameter> _weights;
    private readonly Parameter[] _inputs;
    private readonly IFusionSource? _source;
    private readonly StepSession _session;
    private readonly Lazy<StepSession> _evaluation;

    public FusionTask(FusionTaskParts parts)
    {
        _parts = parts;
        var (training, seed, source) = (parts.Training, (ulong)parts.Training.Seed, parts.Base.Graph);
        var (graph, gradients) = FusionGraph.Step(source, parts.GraphSettings, parts.Parameters);
        _weights = FixedTensors.Of(source, parts.Parameters);
        _inputs = [.. _weights, .. parts.Parameters];
        _source = parts.Source(_weights);
        _session = new StepSession(graph, gradients, training.Threads, seed);
        _evaluation = new(() => new StepSession(
            FusionGraph.Evaluation(source, parts.GraphSettings), StepSession.NoGradients, training.Threads, seed));
    }

    public IReadOnlyList<Parameter> Parameters => _parts.Parameters;

    public int StepsPerEpoch => _parts.Batches.StepsPerEpoch;

    public string Fingerprint => _parts.Fingerprint;

    public StepLoss ComputeGradients(long step, IReadOnlyList<ParameterGradient> gradients, CancellationToken cancellationToken)
    {
        var batch = _parts.Batches[step];
        using var source = _source?.Read(batch, step);
        cancellationToken.ThrowIfCancellationRequested();
        using var feed = Feed(_session, batch, source, step);
        var loss = _session.Run(feed, FusionGraph.Loss, gradients)[0];
        return float.IsFinite(loss) ? new StepLoss(loss, batch.Rows, batch.Tokens) : throw new NotFiniteLossException(
            $"The loss of step {step + 1} is {loss}. {_parts.Describe(batch)} A lower learning rate, or a warm-up, may help.");
    }

    public IReadOnlyList<DevScore> Evaluate(CancellationToken cancellationToken)
    {
        if (_parts.DevBatches is not { } batches)
            return [];
        var scores = new FusionScores(_parts.Options.Task);
        foreach (var batch in batches.InOrder())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (loss, logits) = Run(batch);
            scores.Add(batch, loss, logits);
        }
        return scores.ToList();
    }

    /// <summary>Loss and logits of a batch without dropout, with the weights as they are.</summary>
    public (float Loss, float[][] Logits) Run(FusionBatch batch)
    {
        using var source = _source?.Read(batch, step: null);
        using var feed = Feed(_evaluation.Value, batch, source, step: 0);
        using var values = _evaluation.Value.RunForValues(feed, [FusionGraph.Loss, .. FusionGraph.Outputs(_parts.GraphSettings)]);
        return (values[0].GetTensorDataAsSpan<float>()[0], [.. values.Skip(1).Select(v => v.GetTensorDataAsSpan<float>().ToArray())]);
    }

    /// <summary>Of the shapes of the graphs, for a batch.</summary>
    public static IReadOnlyDictionary<string, long> Symbols(FusionBatch batch) => new Dictionary<string, long>
    {
        ["batch_size"] = batch.Rows,
        ["sequence_length"] = batch.Length,
    };

    /// <summary>What a step takes, estimated: the source pass is over when its states are there.</summary>
    public static WorkMemory Memory(FusionTaskParts parts, FusionBatch batch)
    {
        var (graph, _) = FusionGraph.Step(parts.Base.Graph, parts.GraphSettings, parts.Parameters);
        var step = WorkMemory.Of(graph, Symbols(batch), logits: null);
        if (parts.Source([]) is not { } source)
            return step;
        using (source)
        {
            var (read, given) = source.Memory(batch);
            return new WorkMemory(Math.Max(read.Activations, step.Activations + given), 0, step.Masks + read.Masks);
        }
    }

    public void Dispose()
    {
        _session.Dispose();
        if (_evaluation.IsValueCreated)
            _evaluation.Value.Dispose();
        _source?.Dispose();
        foreach (var weight in _weights)
            weight.Dispose();
    }

    private StepFeed Feed(StepSession session, FusionBatch batch, SourceInputs? source, long step)
    {
        var feed = new StepFeed(_inputs, source?.Values);
        long[] shape = [batch.Rows, batch.Length];
        Ids("input_ids", batch.Target.InputIds);
        Ids("attention_mask", batch.Target.AttentionMask);
        Ids(FusionLinears.TargetMask, Seen(batch.Target));
        if (batch.Source is { } second)
            Ids(FusionLinears.SourceMask, Seen(second));
        if (_parts.Options.AnswersSpans)
        {
            Labels(FusionGraph.Starts, batch.Firsts, batch.Length, share: 0.5f);
            Labels(FusionGraph.Ends, batch.Lasts, batch.Length, share: 0.5f);
        }
        else
            Labels(FusionGraph.Labels, batch.Firsts, _parts.Base.Shape.Labels, share: 1);
        session.Prepare(feed, Symbols(batch), step, part: 0);
        return feed;

        void Ids(string name, long[] values) => feed.Add(name, OrtValue.CreateTensorValueFromMemory(values, shape));

        // as transformers' heads: the mean over the labels that are among the classes; others have no part in it
        void Labels(string name, long[] values, int classes, float share)
        {
            var count = values.Count(v => v < classes);
            float[] weights = [.. values.Select(v => v < classes ? share / count : 0)];
            feed.Add(name, OrtValue.CreateTensorValueFromMemory([.. values.Select(v => Math.Min(v, classes - 1))], [values.Length]));
            feed.Add(FusionGraph.Weights(name), OrtValue.CreateTensorValueFromMemory(weights, [values.Length]));
        }
    }

    /// <summary>What of a text counts: the released code has padding count like any token.</summary>
    private long[] Seen(EncoderRows rows)
    {
        if (_parts.Options.Padding == FusionPadding.Masked)
            return rows.AttentionMask;
        var ones = new long[rows.InputIds.Length];
        Array.Fill(ones, 1);
        return ones;
    }
}
