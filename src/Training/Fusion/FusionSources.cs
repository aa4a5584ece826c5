using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Training;

/// <summary>What a batch's sources give for the layers of the target pass; no gradient goes back into it.</summary>
internal interface IFusionSource : IDisposable
{
    /// <summary>Inputs of the target's graph by their names, each [rows, length, dimension].</summary>
    /// <param name="batch">With sources.</param>
    /// <param name="step">Of the run, for what drops out; null for nothing.</param>
    SourceInputs Read(FusionBatch batch, long? step);

    /// <summary>What reading takes, estimated, and the bytes of what it gives.</summary>
    (WorkMemory Read, long Given) Memory(FusionBatch batch);
}

/// <summary>Hidden states of sources where they lie, until they are disposed.</summary>
internal sealed class SourceInputs(IReadOnlyList<string> names, IReadOnlyList<OrtValue> values, IDisposable owner) : IDisposable
{
    public IReadOnlyList<KeyValuePair<string, OrtValue>> Values { get; } = [.. names.Zip(values, KeyValuePair.Create)];

    public void Dispose() => owner.Dispose();
}

/// <summary>
/// The source pass of FLARE: the model without its adapter, read anew for every batch. In training FLARE's code leaves dropout on in it
/// (fusion.py, under no_grad), so that no two readings of a source are alike.
/// </summary>
internal sealed class ModelSource : IFusionSource
{
    /// <summary>Of <see cref="CounterRandom"/>: what drops out is not what drops out in the target pass.</summary>
    private const ulong Stream = (1UL << 61) - 2;

    private readonly IReadOnlyList<Parameter> _weights;
    private readonly OnnxGraph _graph;
    private readonly DropoutRates _dropout;
    private readonly string[] _states;
    private readonly int _hidden;
    private readonly Lazy<StepSession> _session, _evaluation;

    /// <param name="weights">Of the model.</param>
    /// <param name="dropout">In steps; default for none.</param>
    public ModelSource(FusionBase model, IReadOnlyList<Parameter> weights, DropoutRates dropout, TrainingOptions training)
    {
        (_graph, _weights, _dropout, _hidden) = (model.SourceGraph, weights, dropout, model.Config.HiddenSize);
        _states = [.. Enumerable.Range(0, model.Dimensions.NumHiddenLayers).Select(i => $"hidden_states.{i}")];
        var seed = CounterRandom.Word((ulong)training.Seed, Stream, 0);
        _evaluation = new(() => Session(default));
        _session = dropout == default ? _evaluation : new(() => Session(dropout));

        StepSession Session(DropoutRates rates) =>
            new(FusionGraph.Source(_graph, _states, rates), StepSession.NoGradients, training.Threads, seed);
    }

    public SourceInputs Read(FusionBatch batch, long? step)
    {
        var session = step is null ? _evaluation.Value : _session.Value;
        var rows = batch.Source!;
        using var feed = new StepFeed(_weights);
        long[] shape = [rows.Count, rows.Length];
        feed.Add("input_ids", OrtValue.CreateTensorValueFromMemory(rows.InputIds, shape));
        feed.Add("attention_mask", OrtValue.CreateTensorValueFromMemory(rows.AttentionMask, shape));
        session.Prepare(feed, FusionTask.Symbols(batch), step ?? 0, part: 0);
        var values = session.RunForValues(feed, _states);
        return new SourceInputs([.. _states.Select(s => "source." + s)], values, values);
    }

    public (WorkMemory Read, long Given) Memory(FusionBatch batch) => (
        WorkMemory.Of(FusionGraph.Source(_graph, _states, _dropout), FusionTask.Symbols(batch), logits: null),
        (long)_states.Length * batch.Rows * batch.Length * _hidden * sizeof(float));

    public void Dispose()
    {
        foreach (var session in new[] { _session, _evaluation }.Distinct().Where(s => s.IsValueCreated))
            session.Value.Dispose();
    }
}

/// <summary>FLARE-MT: states of a translation model's encoder, which reads the target text and never drops out.</summary>
internal sealed class TranslatedSource(TranslationEncoder model, int dimension) : IFusionSource
{
    private static readonly string[] Names = [FusionLinears.SourceState];

    public SourceInputs Read(FusionBatch batch, long? step)
    {
        var value = OrtValue.CreateTensorValueFromMemory(model.States(batch.Source!)[0], [batch.Rows, batch.Length, dimension]);
        return new SourceInputs(Names, [value], value);
    }

    // what the encoder takes itself is none of the training graphs'
    public (WorkMemory Read, long Given) Memory(FusionBatch batch) =>
        (default, (long)batch.Rows * batch.Length * dimension * sizeof(float));

    public void Dispose()
    {
        // the model is its opener's
    }
}
