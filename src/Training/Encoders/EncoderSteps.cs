using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Training;

/// <summary>
/// Steps of an encoder in ONNX Runtime: a whole batch through one graph, or, in chunks of rows, all vectors first, then the loss of all of
/// them, then the gradients chunk by chunk (GradCache, arXiv 2101.06983). Both give the same gradients; the second takes the memory of a chunk.
/// </summary>
internal sealed class EncoderSteps : IDisposable
{
    private readonly OnnxGraph _source;
    private readonly ContrastiveSettings _settings;
    private readonly IReadOnlyList<Parameter> _parameters;
    private readonly int? _chunkRows;
    private readonly int? _threads;
    private readonly ulong _seed;
    private readonly Lazy<(GraphSession Session, IReadOnlyDictionary<string, IReadOnlyList<GradientOutput>> Gradients)> _whole, _backward;
    private readonly Lazy<GraphSession> _forward, _vectors, _loss;

    /// <param name="source">The graph of hidden states, with the initializers that <paramref name="parameters"/> stand for.</param>
    /// <param name="chunkRows">Rows that are computed at a time; null for all of a batch.</param>
    /// <param name="threads">Of ONNX Runtime; null for as many as there are cores.</param>
    public EncoderSteps(OnnxGraph source, ContrastiveSettings settings, IReadOnlyList<Parameter> parameters, int? chunkRows, int? threads,
        ulong seed)
    {
        (_source, _settings, _parameters, _chunkRows, _threads, _seed) = (source, settings, parameters, chunkRows, threads, seed);
        _whole = new(() => Open(EncoderGraphs.Step(source, settings, parameters)));
        _backward = new(() => Open(EncoderGraphs.Backward(source, settings, parameters)));
        _forward = new(() => new GraphSession(EncoderGraphs.Forward(source, settings, parameters, withDropout: true), threads));
        _vectors = new(() => new GraphSession(
            EncoderGraphs.Forward(source, settings with { Texts = 1 }, parameters, withDropout: false), threads));
        _loss = new(() => new GraphSession(EncoderGraphs.LossOf(settings, Hidden), threads));
    }

    private long Hidden => _source.Proto.Output.First(o => o.Name == "pool." + _settings.Pooling).Type.TensorType.Shape.Dim[^1].DimValue;

    /// <summary>Adds a batch's gradients.</summary>
    /// <param name="step">Of the run, for dropout.</param>
    /// <param name="gradients">In the order of the parameters.</param>
    /// <returns>The loss: the mean over the rows.</returns>
    public float ComputeGradients(EncoderBatch batch, long step, IReadOnlyList<ParameterGradient> gradients, CancellationToken cancellationToken)
    {
        if (_chunkRows is { } rows && rows < batch.Rows)
            return ComputeInChunks(batch, rows, step, gradients, cancellationToken);
        var (session, outputs) = _whole.Value;
        using var inputs = new Inputs(this, session, batch, step, part: 0);
        return RunBackward(session, outputs, inputs, gradients, EncoderGraphs.Loss)[0];
    }

    /// <summary>Vectors as they are after training: nothing drops out.</summary>
    /// <param name="batch">Texts of one row each.</param>
    /// <returns>[texts, hidden]</returns>
    public float[] Embed(EncoderBatch batch)
    {
        using var inputs = new Inputs(this, _vectors.Value, batch, step: 0, part: 0);
        using var results = _vectors.Value.Run(inputs.Values, [EncoderGraphs.Vectors]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    public void Dispose()
    {
        if (_whole.IsValueCreated)
            _whole.Value.Session.Dispose();
        if (_backward.IsValueCreated)
            _backward.Value.Session.Dispose();
        foreach (var session in new[] { _forward, _vectors, _loss }.Where(s => s.IsValueCreated))
            session.Value.Dispose();
    }

    private float ComputeInChunks(EncoderBatch batch, int chunkRows, long step, IReadOnlyList<ParameterGradient> gradients,
        CancellationToken cancellationToken)
    {
        var (hidden, texts) = ((int)Hidden, batch.Texts);
        EncoderBatch[] chunks = [.. Enumerable.Range(0, (batch.Rows + chunkRows - 1) / chunkRows)
            .Select(i => batch.Slice(i * chunkRows, Math.Min(chunkRows, batch.Rows - i * chunkRows)))];
        var vectors = new float[texts * batch.Rows * hidden];
        for (var i = 0; i < chunks.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var inputs = new Inputs(this, _forward.Value, chunks[i], step, i);
            using var results = _forward.Value.Run(inputs.Values, [EncoderGraphs.Vectors]);
            Copy(results[0].GetTensorDataAsSpan<float>().ToArray(), vectors, i, toWhole: true);
        }
        using var vectorsValue = OrtValue.CreateTensorValueFromMemory(vectors, [texts * batch.Rows, hidden]);
        using var loss = _loss.Value.Run(
            [new(EncoderGraphs.Vectors, vectorsValue)], [EncoderGraphs.Loss, EncoderGraphs.VectorGradient]);
        var vectorGradient = loss[1].GetTensorDataAsSpan<float>().ToArray();
        var (session, outputs) = _backward.Value;
        for (var i = 0; i < chunks.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var inputs = new Inputs(this, session, chunks[i], step, i);
            var part = new float[texts * chunks[i].Rows * hidden];
            Copy(part, vectorGradient, i, toWhole: false);
            inputs.Add(EncoderGraphs.VectorGradient, OrtValue.CreateTensorValueFromMemory(part, [texts * chunks[i].Rows, hidden]));
            RunBackward(session, outputs, inputs, gradients, EncoderGraphs.Vectors);
        }
        return loss[0].GetTensorDataAsSpan<float>()[0];

        void Copy(float[] part, float[] whole, int chunk, bool toWhole)
        {
            var count = chunks[chunk].Rows * hidden;
            for (var text = 0; text < texts; text++)
            {
                var at = (text * batch.Rows + chunk * chunkRows) * hidden;
                if (toWhole)
                    Array.Copy(part, text * count, whole, at, count);
                else
                    Array.Copy(whole, at, part, text * count, count);
            }
        }
    }

    private float[] RunBackward(GraphSession session, IReadOnlyDictionary<string, IReadOnlyList<GradientOutput>> outputs, Inputs inputs,
        IReadOnlyList<ParameterGradient> gradients, string wanted)
    {
        var all = outputs.Values.SelectMany(g => g).ToArray();
        string[] names = [wanted, .. all.Select(g => g.Value), .. all.Where(g => g.Rows is not null).Select(g => g.Rows!)];
        names = [.. names.Distinct()];
        using var results = session.Run(inputs.Values, names);
        var byName = names.Zip(results).ToDictionary(pair => pair.First, pair => pair.Second);
        foreach (var gradient in gradients)
        {
            foreach (var (value, rows) in outputs[gradient.Parameter.Name])
            {
                var values = byName[value].GetTensorDataAsSpan<float>();
                if (rows is null)
                    gradient.Add(values);
                else
                    gradient.AddRows(byName[rows].GetTensorDataAsSpan<long>(), values);
            }
        }
        return byName[wanted].GetTensorDataAsSpan<float>().ToArray();
    }

    private (GraphSession, IReadOnlyDictionary<string, IReadOnlyList<GradientOutput>>) Open(
        (TrainingGraph Graph, IReadOnlyDictionary<string, IReadOnlyList<GradientOutput>> Gradients) step) =>
        (new GraphSession(step.Graph, _threads), step.Gradients);

    /// <summary>What a graph reads: a batch, what drops out, the parameters.</summary>
    private sealed class Inputs : IDisposable
    {
        private readonly List<KeyValuePair<string, OrtValue>> _own = [];
        private readonly IEnumerable<KeyValuePair<string, OrtValue>> _parameters;

        public Inputs(EncoderSteps steps, GraphSession session, EncoderBatch batch, long step, int part)
        {
            _parameters = steps._parameters.Select(p => KeyValuePair.Create(p.Name, p.Tensor));
            long[] shape = [batch.Texts * batch.Rows, batch.Length];
            Add("input_ids", OrtValue.CreateTensorValueFromMemory(batch.Ids, shape));
            Add("attention_mask", OrtValue.CreateTensorValueFromMemory(batch.Mask, shape));
            Add("token_type_ids", OrtValue.CreateTensorValueFromMemory(new long[batch.Ids.Length], shape));
            var symbols = new Dictionary<string, long> { ["rows"] = batch.Rows, ["sequence_length"] = batch.Length };
            _own.AddRange(DropoutMasks.Make(session.Dropouts, symbols, steps._seed, step, part));
        }

        public IEnumerable<KeyValuePair<string, OrtValue>> Values => _own.Concat(_parameters);

        public void Add(string name, OrtValue value) => _own.Add(new(name, value));

        public void Dispose() => _own.ForEach(v => v.Value.Dispose());
    }
}
