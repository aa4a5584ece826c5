using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>One graph of a model folder in ONNX Runtime itself, on the CPU: a prompt in, logits out.</summary>
internal sealed class GraphRun : IDisposable
{
    private readonly InferenceSession _session;
    private readonly ModelDimensions _dimensions;
    private readonly bool _half;

    public GraphRun(string folder, ModelDimensions dimensions, string role = GraphRoles.Lora)
    {
        _session = new InferenceSession(Path.Combine(folder, GraphChoice.FileName(role)));
        _dimensions = dimensions;
        _half = _session.InputMetadata["past_key_values.0.key"].ElementDataType == TensorElementType.Float16;
    }

    /// <summary>What the graph says of the last run; null where it has no such output.</summary>
    public long? GreedyToken { get; private set; }

    public IEnumerable<string> OptionalInputs => _session.OverridableInitializerMetadata.Keys;

    /// <returns>[positions, vocab]</returns>
    public float[] Logits(long[] ids, string? adapterFile = null)
    {
        long[] shape = [1, ids.Length];
        using var inputIds = OrtValue.CreateTensorValueFromMemory(ids, shape);
        using var mask = OrtValue.CreateTensorValueFromMemory(ids.Select(_ => 1L).ToArray(), shape);
        using var lastPosition = OrtValue.CreateTensorValueFromMemory((int[])[ids.Length - 1], [1]);
        using var length = OrtValue.CreateTensorValueFromMemory((int[])[ids.Length], [1]);
        using var asked = OrtValue.CreateTensorValueFromMemory((long[])[ids.Length - 1], [1]);
        var names = _session.InputMetadata.Keys.ToArray();
        // what is used in place has room from the beginning
        using var cache = Cache(names.Contains("seqlens_k") ? ids.Length : 0);
        var values = names.Select(n => n switch
        {
            "input_ids" => inputIds,
            "attention_mask" => mask,
            "seqlens_k" => lastPosition,
            "total_sequence_length" => length,
            "logits_indices" => asked,
            _ => cache,
        }).ToArray();
        using var options = new RunOptions();
        using var adapter = adapterFile is null ? null : OrtLoraAdapter.Create(adapterFile, null);
        if (adapter is not null)
            options.AddActiveLoraAdapter(adapter);
        string[] wanted = _session.OutputMetadata.ContainsKey("greedy_tokens") ? ["logits", "greedy_tokens"] : ["logits"];
        using var outputs = _session.Run(options, names, values, wanted);
        GreedyToken = wanted.Length == 1 ? null : outputs[1].GetTensorDataAsSpan<long>()[0];
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    public void Dispose() => _session.Dispose();

    private OrtValue Cache(int length)
    {
        var width = _session.InputMetadata["past_key_values.0.key"].Dimensions[3];
        long[] shape = [1, _dimensions.NumKeyValueHeads, length, width];
        var elements = _dimensions.NumKeyValueHeads * length * width;
        return _half
            ? OrtValue.CreateTensorValueFromMemory(new Float16[elements], shape)
            : OrtValue.CreateTensorValueFromMemory(new float[elements], shape);
    }
}

/// <summary>One prompt of <c>expected.safetensors</c>.</summary>
/// <param name="Logits">[positions, vocab]: of every position for prompt 2, of the last for the others.</param>
internal sealed record RecordedPrompt(long[] Ids, float[] Logits)
{
    public static IReadOnlyList<RecordedPrompt> Read(string model, string? adapter = null)
    {
        using var file = SafetensorsFile.Open(adapter is null
            ? Repository.Data("models", model, "expected.safetensors")
            : Repository.Data("models", "adapters", model, adapter, "expected.safetensors"));
        return [.. Enumerable.Range(0, 4).Select(i =>
            new RecordedPrompt(file.ReadInt64($"prompt.{i}.input_ids"), file.ReadFloat32($"prompt.{i}.logits")))];
    }

    /// <summary>Of the last position.</summary>
    public double LargestDifference(float[] logits, int vocabulary) =>
        logits.AsSpan()[^vocabulary..].ToArray().Zip(Logits[^vocabulary..], (a, b) => Math.Abs((double)a - b)).Max();
}
