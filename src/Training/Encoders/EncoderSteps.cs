using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Training;

/// <summary>
/// Steps of an encoder in ONNX Runtime: a whole batch through one graph, or, a chunk of texts at a time, all vectors first, then the loss of
/// all of them, then the gradients (GradCache, arXiv 2101.06983). Both give the same gradients; the second takes the memory of a chunk.
/// </summary>
internal sealed class EncoderSteps : IDisposable
{
    private readonly ContrastiveSettings _settings;
    private readonly OnnxGraph _source;
    private readonly IReadOnlyList<Parameter> _parameters, _inputs, _fixed;
    private readonly int? _chunkTexts;
    private readonly int _hidden;
    private readonly Lazy<StepSession> _whole, _forward, _vectors, _loss, _backward;

    /// <param name="source">The graph of hidden states, with the initializers that <paramref name="parameters"/> stand for.</param>
    /// <param name="chunkTexts">Texts that are computed at a time; null for all of a batch.</param>
    /// <param name="threads">Of ONNX Runtime; 0 for as many as there are cores.</param>
    /// <param name="seed">Of what drops out.</param>
    public EncoderSteps(OnnxGraph source, ContrastiveSettings settings, IReadOnlyList<Parameter> parameters, int? chunkTexts, int threads,
        ulong seed)
    {
        (_source, _settings, _parameters, _chunkTexts) = (source, settings, parameters, chunkTexts);
        _fixed = FixedTensors.Of(source, parameters);
        _inputs = [.. parameters, .. _fixed];
        _hidden = (int)source.Proto.Output.First(o => o.Name == settings.Pooled).Type.TensorType.Shape.Dim[^1].DimValue;
        var alone = settings with { Texts = 1 };
        _whole = Later(() => EncoderGraphs.Step(source, settings, parameters));
        _backward = Later(() => EncoderGraphs.Backward(source, alone, parameters));
        _forward = Later(() => (EncoderGraphs.Forward(source, alone, withDropout: true), StepSession.NoGradients));
        _vectors = Later(() => (EncoderGraphs.Forward(source, alone, withDropout: false), StepSession.NoGradients));
        _loss = Later(() => (EncoderGraphs.LossOf(settings, _hidden), StepSession.NoGradients));

        Lazy<StepSession> Later(Func<(TrainingGraph, IReadOnlyDictionary<string, IReadOnlyList<GradientOutput>>)> make) => new(() =>
        {
            var (graph, gradients) = make();
            return new StepSession(graph, gradients, threads, seed);
        });
    }

    /// <summary>Adds a batch's gradients.</summary>
    /// <param name="step">Of the run, for dropout.</param>
    /// <param name="gradients">In the order of the parameters.</param>
    /// <returns>The loss: the mean over the rows.</returns>
    public float ComputeGradients(EncoderBatch batch, long step, IReadOnlyList<ParameterGradient> gradients, CancellationToken cancellationToken)
    {
        if (_chunkTexts is { } texts && texts < batch.Count)
            return ComputeInChunks(batch, texts, step, gradients, cancellationToken);
        using var feed = Feed(_whole.Value, batch, step, part: 0);
        return _whole.Value.Run(feed, EncoderGraphs.Loss, gradients)[0];
    }

    /// <summary>Vectors as they are after training: nothing drops out.</summary>
    /// <returns>[texts, hidden]</returns>
    public float[] Embed(EncoderBatch batch)
    {
        using var feed = Feed(_vectors.Value, batch, step: 0, part: 0);
        return _vectors.Value.Run(feed, EncoderGraphs.Vectors, []);
    }

    /// <summary>What the graph that takes most takes for a batch, estimated from its shapes.</summary>
    public WorkMemory Memory(EncoderBatch batch)
    {
        var isWhole = _chunkTexts is not { } texts || texts >= batch.Count;
        var (graph, _) = isWhole ? EncoderGraphs.Step(_source, _settings, _parameters)
            : EncoderGraphs.Backward(_source, _settings with { Texts = 1 }, _parameters);
        var rows = isWhole ? batch.Count / _settings.Texts : _chunkTexts!.Value;
        return WorkMemory.Of(graph, Symbols(rows, batch.Length), isWhole ? EncoderGraphs.Logits : null);
    }

    public void Dispose()
    {
        foreach (var session in new[] { _whole, _forward, _vectors, _loss, _backward }.Where(s => s.IsValueCreated))
            session.Value.Dispose();
        foreach (var tensor in _fixed)
            tensor.Dispose();
    }

    private float ComputeInChunks(EncoderBatch batch, int chunkTexts, long step, IReadOnlyList<ParameterGradient> gradients,
        CancellationToken cancellationToken)
    {
        var chunks = batch.Chunks(chunkTexts).Select(texts => (Texts: texts, Batch: batch.Part(texts))).ToArray();
        var vectors = new float[batch.Count * _hidden];
        foreach (var (i, (texts, chunk)) in chunks.Index())
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var feed = Feed(_forward.Value, chunk, step, i);
            var part = _forward.Value.Run(feed, EncoderGraphs.Vectors, []);
            foreach (var (row, text) in texts.Index())
                part.AsSpan(row * _hidden, _hidden).CopyTo(vectors.AsSpan(text * _hidden));
        }
        var (loss, vectorGradients) = Loss(vectors, batch.Count);
        foreach (var (i, (texts, chunk)) in chunks.Index())
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var feed = Feed(_backward.Value, chunk, step, i);
            var part = new float[texts.Length * _hidden];
            foreach (var (row, text) in texts.Index())
                vectorGradients.AsSpan(text * _hidden, _hidden).CopyTo(part.AsSpan(row * _hidden));
            feed.Add(EncoderGraphs.VectorGradient, OrtValue.CreateTensorValueFromMemory(part, [texts.Length, _hidden]));
            _backward.Value.Run(feed, EncoderGraphs.Vectors, gradients);
        }
        return loss;
    }

    private (float Loss, float[] VectorGradients) Loss(float[] vectors, int texts)
    {
        using var feed = new StepFeed([]);
        feed.Add(EncoderGraphs.Vectors, OrtValue.CreateTensorValueFromMemory(vectors, [texts, _hidden]));
        _loss.Value.Prepare(feed, Symbols(texts / _settings.Texts, length: 0), step: 0, part: 0);
        var (loss, gradients) = _loss.Value.Run(feed, EncoderGraphs.Loss, EncoderGraphs.VectorGradient);
        return (loss[0], gradients);
    }

    private StepFeed Feed(StepSession session, EncoderBatch batch, long step, int part)
    {
        var feed = new StepFeed(_inputs);
        long[] shape = [batch.Count, batch.Length];
        feed.Add("input_ids", OrtValue.CreateTensorValueFromMemory(batch.InputIds, shape));
        feed.Add("attention_mask", OrtValue.CreateTensorValueFromMemory(batch.AttentionMask, shape));
        feed.Add("token_type_ids", OrtValue.CreateTensorValueFromMemory(new long[batch.InputIds.Length], shape));
        // all texts of a row go through the graph of whole batches together, and one by one through the others
        var rows = _whole.IsValueCreated && session == _whole.Value ? batch.Count / _settings.Texts : batch.Count;
        session.Prepare(feed, Symbols(rows, batch.Length), step, part);
        return feed;
    }

    private static Dictionary<string, long> Symbols(int rows, int length) => new() { ["rows"] = rows, ["sequence_length"] = length };
}
