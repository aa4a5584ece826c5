using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Benchmarks;

/// <summary>Inputs of one run of a decoder graph: a prompt, or one token after a past.</summary>
internal sealed class DecoderFeed : IDisposable
{
    private static readonly string[] Halves = ["key", "value"];
    private readonly Dictionary<string, OrtValue> _inputs = [];

    public DecoderFeed(ShapedCheckpoint shape, int batch, int length, int past)
    {
        var random = new Random(2);
        var ids = new long[batch * length];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = random.Next(3, shape.Vocabulary);
        var mask = new long[batch * (past + length)];
        Array.Fill(mask, 1);
        _inputs.Add("input_ids", OrtValue.CreateTensorValueFromMemory(ids, [batch, length]));
        _inputs.Add("attention_mask", OrtValue.CreateTensorValueFromMemory(mask, [batch, past + length]));
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            foreach (var half in Halves)
            {
                long[] dims = [batch, shape.KeyValueHeads, past, shape.HeadDim];
                var values = new float[dims.Aggregate((a, b) => a * b)];
                for (var i = 0; i < values.Length; i++)
                    values[i] = (float)random.NextDouble() - 0.5f;
                _inputs.Add($"past_key_values.{layer}.{half}", OrtValue.CreateTensorValueFromMemory(values, dims));
            }
        }
    }

    public void Run(InferenceSession session, RunOptions options)
    {
        using var outputs = session.Run(options, _inputs, session.OutputNames);
    }

    public void Dispose()
    {
        foreach (var value in _inputs.Values)
            value.Dispose();
    }
}
