using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>One graph of an encoder folder in ONNX Runtime itself, on the CPU: right-padded rows in, float32 outputs out.</summary>
internal sealed class EncoderGraphRun : IDisposable
{
    private readonly InferenceSession _session;
    private readonly OrtLoraAdapter? _adapter;

    public EncoderGraphRun(string folder, string file = "model.onnx", string? adapter = null)
    {
        _session = new InferenceSession(Path.Combine(folder, file));
        _adapter = adapter is null ? null : OrtLoraAdapter.Create(Path.Combine(folder, "adapters", adapter + ".onnx_adapter"), null);
    }

    public float[] Run(RecordedRows rows, string output = "sentence_embedding")
    {
        var names = _session.InputMetadata.Keys.ToArray();
        var values = names.Select(name => OrtValue.CreateTensorValueFromMemory(
            name switch { "input_ids" => rows.Ids, "attention_mask" => rows.Mask, _ => rows.Types }, [rows.Count, rows.Length])).ToArray();
        using var options = new RunOptions();
        if (_adapter is not null)
            options.AddActiveLoraAdapter(_adapter);
        using var outputs = _session.Run(options, names, values, [output]);
        foreach (var value in values)
            value.Dispose();
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    public void Dispose()
    {
        _adapter?.Dispose();
        _session.Dispose();
    }
}

/// <summary>Token ids of several texts, each [Count, Length].</summary>
internal sealed record RecordedRows(int Count, long[] Ids, long[] Mask, long[] Types)
{
    public int Length => Ids.Length / Count;

    public static RecordedRows Read(string path)
    {
        using var file = SafetensorsFile.Open(path);
        var ids = file.ReadInt64("input_ids");
        var types = file.Tensors.ContainsKey("token_type_ids") ? file.ReadInt64("token_type_ids") : new long[ids.Length];
        return new RecordedRows((int)file.Tensors["input_ids"].Shape[0], ids, file.ReadInt64("attention_mask"), types);
    }

    public static RecordedRows One(params long[] ids) => new(1, ids, [.. ids.Select(_ => 1L)], new long[ids.Length]);

    /// <summary>Padded on the right with zeros.</summary>
    public static RecordedRows Padded(IReadOnlyList<long[]> texts)
    {
        var length = texts.Max(t => t.Length);
        long[] Pad(Func<long[], IEnumerable<long>> row) =>
            [.. texts.SelectMany(t => row(t).Concat(Enumerable.Repeat(0L, length - t.Length)))];
        return new RecordedRows(texts.Count, Pad(t => t), Pad(t => t.Select(_ => 1L)), new long[texts.Count * length]);
    }

    public RecordedRows Reversed()
    {
        long[] Reverse(long[] values) => [.. values.Chunk(Length).Reverse().SelectMany(r => r)];
        return new RecordedRows(Count, Reverse(Ids), Reverse(Mask), Reverse(Types));
    }
}
