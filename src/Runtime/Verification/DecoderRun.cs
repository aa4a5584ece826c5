using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace XlLoraOnnx.Runtime;

/// <summary>
/// The graph of a decoder folder that stock tools run (role <c>lora</c>), in ONNX Runtime itself on the CPU: tokens in, logits of the last
/// real position of each row out. For proofs, not for speed: keys and values are copied with every step.
/// </summary>
internal sealed class DecoderRun : IDisposable
{
    private readonly ModelFolder _folder;
    private readonly AdapterCatalog _catalog;
    private readonly InferenceSession _session;
    private readonly Dictionary<string, OrtLoraAdapter> _adapters = new(StringComparer.Ordinal);
    private readonly KeyValueLayout _caches;
    private float[]? _canaryOfBase;

    /// <exception cref="InvalidDataException">ONNX Runtime cannot load the graph on the CPU.</exception>
    public DecoderRun(ModelFolder folder)
    {
        _folder = folder;
        _catalog = new AdapterCatalog(folder);
        if (folder.Manifest.LoraDtype != "fp32")
            throw new InvalidDataException($"ONNX Runtime cannot run '{folder.FullPath}' on the CPU: the model was exported in "
                + $"{folder.Manifest.Precision}, for CUDA; for the CPU export it in fp32.");
        if (!folder.Manifest.Graphs.TryGetValue(GraphRoles.Lora, out var file))
            throw new InvalidDataException($"'{folder.FullPath}' has no graph for '{GraphRoles.Lora}'; it has: "
                + $"{string.Join(", ", folder.Manifest.Graphs.Keys)}. Export the model again.");
        _session = Load(folder, file);
        _caches = new KeyValueLayout(folder.Decoder.Caches, TensorElementType.Float);
    }

    public ModelFolder Folder => _folder;

    private ModelDimensions Dimensions => _folder.Manifest.Dimensions;

    private IEnumerable<int> Buffers => Enumerable.Range(0, _caches.Buffers);

    /// <summary>Loads an adapter unless it is loaded; with the canary it must change a logit.</summary>
    /// <exception cref="ArgumentException">No adapter has this name.</exception>
    /// <exception cref="InvalidDataException">The file is missing, was changed, belongs to another base, or changes no logit.</exception>
    public void Mount(string adapter, bool canary)
    {
        if (_adapters.ContainsKey(adapter))
            return;
        var path = _catalog.Verify(adapter);
        try
        {
            _adapters[adapter] = OrtLoraAdapter.Create(path, null);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException($"ONNX Runtime cannot load adapter '{adapter}' from '{path}': {e.Message}", e);
        }
        if (canary)
            CheckCanary(adapter);
    }

    /// <summary>Begins rows of tokens, padded on the right.</summary>
    public DecoderSequences Begin(string? adapter, int rows) => new(this, adapter, rows);

    public void Dispose()
    {
        foreach (var adapter in _adapters.Values)
            adapter.Dispose();
        _session.Dispose();
    }

    /// <param name="past">Keys and values of each cache input, in the order of the manifest's; replaced by those of the step.</param>
    /// <returns>[rows, vocab]</returns>
    internal float[] Step(long[] ids, long[] mask, int rows, string? adapter, List<OrtValue> past)
    {
        using var inputIds = OrtValue.CreateTensorValueFromMemory(ids, [rows, ids.Length / rows]);
        using var attentionMask = OrtValue.CreateTensorValueFromMemory(mask, [rows, mask.Length / rows]);
        if (past.Count == 0)
            past.AddRange(Buffers.Select(b => Empty(_caches.CacheOf(b), rows)));
        var inputs = new Dictionary<string, OrtValue> { ["input_ids"] = inputIds, ["attention_mask"] = attentionMask };
        foreach (var (buffer, value) in Buffers.Zip(past))
            inputs[_caches.Names(buffer).Input] = value;
        using var options = new RunOptions();
        if (adapter is not null)
            options.AddActiveLoraAdapter(_adapters[adapter]);
        string[] outputs = ["logits", .. Buffers.Select(b => _caches.Names(b).Output!)];
        IDisposableReadOnlyCollection<OrtValue> values;
        try
        {
            values = _session.Run(options, inputs, outputs);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException(
                $"ONNX Runtime cannot run {rows} rows of {ids.Length / rows} tokens on '{_folder.FullPath}': {e.Message}", e);
        }
        past.ForEach(v => v.Dispose());
        past.Clear();
        past.AddRange(values.Skip(1));
        using var logits = values[0];
        return LogitsOf(logits, rows);
    }

    private static InferenceSession Load(ModelFolder folder, string file)
    {
        try
        {
            using var options = QuietSession.Options();
            return new InferenceSession(Path.Combine(folder.FullPath, file), options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException($"ONNX Runtime cannot load '{file}' of '{folder.FullPath}': {e.Message} "
                + $"The manifest {ModelManifest.FileName} is in order, so a file was changed after the export; export the model again.", e);
        }
    }

    private float[] LogitsOf(OrtValue logits, int rows)
    {
        var shape = logits.GetTensorTypeAndShape().Shape; // [rows, 1, vocab]: the graph keeps the last real position of each row
        if (shape is not [_, 1, _] || shape[0] != rows || shape[2] != Dimensions.VocabSize)
            throw new InvalidDataException($"The graph of '{_folder.FullPath}' gives logits [{string.Join(", ", shape)}]; "
                + $"expected [{rows}, 1, {Dimensions.VocabSize}].");
        return logits.GetTensorDataAsSpan<float>().ToArray();
    }

    /// <summary>[rows, heads, 0, head_dim]</summary>
    private static OrtValue Empty(CacheEntry cache, int rows) =>
        OrtValue.CreateTensorValueFromMemory(Array.Empty<float>(), [rows, cache.Heads, 0, cache.HeadDim]);

    private void CheckCanary(string adapter)
    {
        long[] prompt = [.. _folder.Manifest.Canary!.InputIds];
        _canaryOfBase ??= Last(null);
        CanaryCheck.Require(adapter, prompt.Length, _canaryOfBase, Last(adapter));

        float[] Last(string? name)
        {
            using var row = Begin(name, rows: 1);
            return row.Append(prompt, [.. prompt.Select(_ => 1L)]);
        }
    }
}

/// <summary>Rows that grow together in a <see cref="DecoderRun"/>, with their keys and values.</summary>
internal sealed class DecoderSequences(DecoderRun run, string? adapter, int rows) : IDisposable
{
    private readonly List<OrtValue> _past = [];
    private readonly List<long[]> _masks = [];

    /// <param name="ids">[rows, n]</param>
    /// <param name="mask">[rows, n]; 0 for padding, on the right.</param>
    /// <returns>Logits of the last real position of each row: [rows, vocab].</returns>
    public float[] Append(long[] ids, long[] mask)
    {
        _masks.Add(mask);
        var whole = Enumerable.Range(0, rows)
            .SelectMany(row => _masks.SelectMany(m => m.Skip(row * (m.Length / rows)).Take(m.Length / rows)))
            .ToArray();
        return run.Step(ids, whole, rows, adapter, _past);
    }

    public void Dispose() => _past.ForEach(v => v.Dispose());
}
