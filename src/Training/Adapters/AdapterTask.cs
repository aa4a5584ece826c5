using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Training;

/// <summary>The training of one adapter on a base that stays as it is, as the loop sees it.</summary>
internal sealed class AdapterTask : ITrainingTask, IDisposable
{
    private readonly AdapterBatches _batches;
    private readonly AdapterData _data;
    private readonly IReadOnlyList<Parameter> _base;
    private readonly IReadOnlyList<Parameter> _all;
    private readonly StepSession _session;

    /// <param name="adapterBase">Read here; it is not needed afterwards.</param>
    /// <param name="parameters">A and B of every module that has them; their owner is the caller.</param>
    /// <param name="data">What the rows of batches are of.</param>
    /// <param name="fingerprint">What <see cref="ITrainingTask.Fingerprint"/> says.</param>
    public AdapterTask(AdapterBase adapterBase, IReadOnlyList<Parameter> parameters, AdapterBatches batches, AdapterData data,
        AdapterTrainingOptions options, TrainingOptions training, string fingerprint)
    {
        (Parameters, _batches, _data, Fingerprint) = (parameters, batches, data, fingerprint);
        var settings = new AdapterGraphSettings(options.Rank, options.Scale, options.Dropout, options.Checkpointing);
        var (graph, gradients) = AdapterGraph.Step(adapterBase.Graph, settings, parameters);
        _base = Read(adapterBase.Graph);
        _all = [.. _base, .. parameters, .. Missing(adapterBase, parameters)];
        _session = new StepSession(graph, gradients, training.Threads, (ulong)training.Seed);
    }

    public IReadOnlyList<Parameter> Parameters { get; }

    public int StepsPerEpoch => _batches.StepsPerEpoch;

    public string Fingerprint { get; }

    public StepLoss ComputeGradients(long step, IReadOnlyList<ParameterGradient> gradients, CancellationToken cancellationToken)
    {
        var parts = _batches.Step(step);
        var loss = 0.0;
        foreach (var (i, batch) in parts.Batches.Index())
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var feed = Feed(batch, parts.LossScale, step, i);
            loss += _session.Run(feed, AdapterGraph.Loss, gradients)[0];
        }
        if (!double.IsFinite(loss))
            throw new NotFiniteLossException($"The loss of step {step + 1} is {loss}, of {parts.Rows} rows ({Where(parts)}). "
                + "A lower learning rate, or a warm-up, may help.");
        return new StepLoss(loss, parts.Rows, parts.Tokens);
    }

    /// <summary>None: what an adapter is worth, says what it writes.</summary>
    public IReadOnlyList<DevScore> Evaluate(CancellationToken cancellationToken) => [];

    public void Dispose()
    {
        _session.Dispose();
        foreach (var parameter in _all.Except(Parameters))
            parameter.Dispose();
    }

    private StepFeed Feed(AdapterBatch batch, float scale, long step, int part)
    {
        var feed = new StepFeed(_all);
        feed.Add("input_ids", OrtValue.CreateTensorValueFromMemory(batch.InputIds, [batch.Rows, batch.Length]));
        feed.Add("attention_mask", OrtValue.CreateTensorValueFromMemory(batch.AttentionMask, [batch.Rows, batch.Length]));
        feed.Add(AdapterGraph.LogitsIndices, OrtValue.CreateTensorValueFromMemory(batch.LogitsIndices, [batch.LogitsIndices.Length]));
        feed.Add(AdapterGraph.Labels, OrtValue.CreateTensorValueFromMemory(batch.Labels, [batch.Labels.Length]));
        feed.Add(AdapterGraph.LossScale, OrtValue.CreateTensorValueFromMemory(new[] { scale }, []));
        _session.AddMasks(feed,
            new Dictionary<string, long> { ["batch_size"] = batch.Rows, ["sequence_length"] = batch.Length }, step, part);
        return feed;
    }

    private string Where(AdapterStep step)
    {
        const int MostShown = 3;
        var rows = step.Batches.SelectMany(b => b.DataRows).ToArray();
        return string.Join("; ", rows.Take(MostShown).Select(_data.Where)) + (rows.Length > MostShown ? "; …" : "");
    }

    private static List<Parameter> Read(OnnxGraph graph)
    {
        var weights = new List<Parameter>();
        foreach (var tensor in graph.ExternalTensors)
        {
            var weight = new Parameter(tensor.Proto.Name, [.. tensor.Proto.Dims]);
            weights.Add(weight);
            var bytes = MemoryMarshal.AsBytes(weight.Values);
            tensor.Source.Fill(0, (int)tensor.Source.Rows, bytes);
        }
        return weights;
    }

    /// <summary>Modules without factors have such as are of rank 0.</summary>
    private static IEnumerable<Parameter> Missing(AdapterBase adapterBase, IReadOnlyList<Parameter> parameters)
    {
        foreach (var slot in adapterBase.Slots.Where(s => parameters.All(p => p.Name != s.Name + LoraParameters.A)))
        {
            yield return new Parameter(slot.Name + LoraParameters.A, [slot.InFeatures, 0]);
            yield return new Parameter(slot.Name + LoraParameters.B, [0, slot.OutFeatures]);
        }
    }
}
