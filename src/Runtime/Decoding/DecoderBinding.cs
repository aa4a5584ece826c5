using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Runtime;

/// <summary>Inputs and outputs of one shape, bound once; a run writes and reads the memory behind them.</summary>
/// <param name="graphId">Number under which a CUDA graph is recorded.</param>
internal sealed class DecoderBinding(InferenceSession session, string graphId) : IDisposable
{
    private readonly OrtIoBinding _binding = session.CreateIoBinding();
    private readonly List<OrtValue> _owned = [];

    public string GraphId => graphId;

    /// <summary>Disposed with this.</summary>
    public OrtValue Own(OrtValue value)
    {
        _owned.Add(value);
        return value;
    }

    public void Input(string name, OrtValue value) => _binding.BindInput(name, value);

    public void Output(string name, OrtValue value) => _binding.BindOutput(name, value);

    /// <param name="recordedAs">−1 to record nothing.</param>
    public void Run(string recordedAs)
    {
        using var options = new RunOptions();
        options.AddRunConfigEntry("gpu_graph_id", recordedAs);
        session.RunWithBinding(options, _binding);
    }

    public void Dispose()
    {
        _binding.Dispose();
        foreach (var value in _owned)
            value.Dispose();
    }
}
