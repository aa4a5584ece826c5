using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Training;

/// <summary>A graph in ONNX Runtime. Weights are inputs, so that a step changes what the next one reads.</summary>
internal sealed class GraphSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly HashSet<string> _inputs;

    /// <param name="threads">That compute; 0 for as many as there are cores.</param>
    public GraphSession(TrainingGraph graph, int threads)
    {
        using var options = new SessionOptions
        {
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
            // lengths vary: memory planned for one shape is of no use to the next
            EnableMemoryPattern = false,
            IntraOpNumThreads = threads,
        };
        _session = new InferenceSession(graph.ToModel().ToByteArray(), options);
        _inputs = [.. _session.InputMetadata.Keys];
    }

    /// <param name="values">At least those that the graph reads, by name.</param>
    /// <param name="outputs">What is wanted.</param>
    /// <returns>In the order of <paramref name="outputs"/>.</returns>
    public IDisposableReadOnlyCollection<OrtValue> Run(IEnumerable<KeyValuePair<string, OrtValue>> values, IReadOnlyCollection<string> outputs)
    {
        var fed = values.Where(v => _inputs.Contains(v.Key)).ToArray();
        if (fed.Length != _inputs.Count)
            throw new InvalidOperationException($"The graph also reads {string.Join(", ", _inputs.Except(fed.Select(f => f.Key)))}.");
        using var options = new RunOptions();
        return _session.Run(options, [.. fed.Select(f => f.Key)], [.. fed.Select(f => f.Value)], outputs);
    }

    public void Dispose() => _session.Dispose();
}
