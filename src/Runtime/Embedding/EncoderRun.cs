using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Runtime;

/// <summary>One graph of an encoder folder in ONNX Runtime: token ids in, named outputs out. Safe for concurrent runs.</summary>
internal sealed class EncoderRun : IDisposable
{
    private readonly InferenceSession _session;
    private readonly EncoderFacts _facts;
    private readonly OrtLoraAdapter? _adapter;

    /// <param name="graph">Its role: one of <see cref="GraphRoles.OfEncoder"/>.</param>
    /// <param name="adapter">Name of an adapter of the folder; null for none.</param>
    /// <param name="device">Null for the CPU with a thread for each core.</param>
    public EncoderRun(string folder, ModelManifest manifest, string graph, string? adapter = null, EncoderDevice? device = null)
    {
        _facts = manifest.Encoder ?? throw new ArgumentException($"'{folder}' is no encoder's.");
        if (!manifest.Graphs.TryGetValue(graph, out var file) || !manifest.Files.Any(f => f.Path == file))
            throw new InvalidDataException(
                $"'{folder}' has no graph for '{graph}'; it has: {string.Join(", ", manifest.Graphs.Keys)}.");
        var adapterFile = adapter is null ? null : new AdapterCatalog(folder, manifest).Verify(adapter);
        _session = Load(folder, Path.Combine(folder, file), device);
        _adapter = adapterFile is null ? null : OrtLoraAdapter.Create(adapterFile, null);
    }

    /// <summary>Runs right-padded rows.</summary>
    /// <param name="outputs">Their names.</param>
    /// <returns>Their values, row by row, in the order of the names.</returns>
    public float[][] Run(EncoderRows rows, IReadOnlyCollection<string> outputs)
    {
        var copies = new List<float[]>();
        Run(rows, outputs, values => copies.Add(values.ToArray()));
        return [.. copies];
    }

    /// <summary>Runs right-padded rows, and copies nothing.</summary>
    /// <param name="take">Gets the values of each output in turn; they are gone when it returns.</param>
    public void Run(EncoderRows rows, IReadOnlyCollection<string> outputs, TakeValues take)
    {
        var inputs = new Dictionary<string, OrtValue>();
        try
        {
            inputs["input_ids"] = Tensor(rows.InputIds, rows);
            inputs["attention_mask"] = Tensor(rows.AttentionMask, rows);
            if (_facts.HasTokenTypeIds)
                inputs["token_type_ids"] = Tensor(rows.TokenTypeIds ?? new long[rows.InputIds.Length], rows);
            using var options = new RunOptions();
            if (_adapter is not null)
                options.AddActiveLoraAdapter(_adapter);
            using var values = _session.Run(options, inputs, outputs);
            foreach (var value in values)
                take(value.GetTensorDataAsSpan<float>());
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException($"ONNX Runtime cannot run {rows.Count} rows of {rows.Length} tokens: {e.Message}", e);
        }
        finally
        {
            foreach (var value in inputs.Values)
                value.Dispose();
        }
    }

    public void Dispose()
    {
        _adapter?.Dispose();
        _session.Dispose();
    }

    private static InferenceSession Load(string folder, string path, EncoderDevice? device)
    {
        try
        {
            using var options = QuietSession.Options();
            device?.Apply(options);
            return new InferenceSession(path, options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException($"ONNX Runtime cannot load '{path}' of '{folder}'{device?.Place}: {e.Message} "
                + (device is { IsCpu: false } ? "Is the CUDA provider installed, and the device there?" : "Export the model again."), e);
        }
    }

    private static OrtValue Tensor(long[] values, EncoderRows rows) =>
        OrtValue.CreateTensorValueFromMemory(values, [rows.Count, rows.Length]);
}

/// <summary>Takes the values of an output while they last.</summary>
internal delegate void TakeValues(ReadOnlySpan<float> values);

/// <summary>Token ids of several texts, each [Count, Length].</summary>
/// <param name="AttentionMask">0 for padding, on the right.</param>
/// <param name="TokenTypeIds">Null for all zeros.</param>
internal sealed record EncoderRows(int Count, int Length, long[] InputIds, long[] AttentionMask, long[]? TokenTypeIds)
{
    /// <summary>One row without its padding.</summary>
    public EncoderRows Alone(int row)
    {
        var mask = AttentionMask.AsSpan(row * Length, Length);
        var length = Math.Max(1, mask.LastIndexOf(1) + 1);
        var range = new Range(row * Length, row * Length + length);
        return new EncoderRows(1, length, InputIds[range], AttentionMask[range], TokenTypeIds?[range]);
    }
}
