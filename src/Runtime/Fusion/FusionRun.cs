using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Runtime;

/// <summary>
/// A folder with adapters of FLARE in ONNX Runtime: the source pass, which gives hidden states of the model without an adapter, and the
/// target pass, which reads a text together with them. One thread at a time.
/// </summary>
internal sealed class FusionRun : IDisposable
{
    private const string Hidden = "hidden_states.";

    private readonly ModelManifest _manifest;
    private readonly string _folder;
    private readonly EncoderDevice _device;
    private readonly AdapterCatalog _catalog;
    private readonly InferenceSession _session;
    private readonly Dictionary<string, OrtLoraAdapter> _adapters = new(StringComparer.Ordinal);
    private InferenceSession? _source;

    /// <param name="adapter">Of rows that name none; null for the first that the folder has.</param>
    /// <param name="showsStates">Whether the hidden states of the target pass can be asked for.</param>
    /// <param name="device">Null for the CPU.</param>
    /// <exception cref="InvalidDataException">The folder has no such graph or adapter, or ONNX Runtime cannot load it.</exception>
    /// <exception cref="ArgumentException">It has none of the name.</exception>
    public FusionRun(string folder, ModelManifest manifest, string? adapter = null, bool showsStates = false, string? device = null)
    {
        (_folder, _manifest) = (folder, manifest);
        Facts = manifest.Flare ?? throw new InvalidDataException($"'{folder}' has no adapter of FLARE.");
        _device = EncoderDevice.Parse(device ?? "cpu", cpuBatches: 1);
        _catalog = new AdapterCatalog(folder, manifest);
        Adapter = adapter ?? manifest.Adapters.Keys.FirstOrDefault()
            ?? throw new InvalidDataException($"'{folder}' has no adapter. Export the run again.");
        _catalog.Verify(Adapter);
        _session = Load(showsStates ? GraphRoles.FusionHidden : GraphRoles.Fusion);
        try
        {
            Mount(Adapter);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public FlareFacts Facts { get; }

    /// <summary>Of rows that name none.</summary>
    public string Adapter { get; }

    /// <summary>What the source pass gives: inputs of the layers, each [rows, length, hidden].</summary>
    public IReadOnlyList<float[]> SourceStates(EncoderRows source)
    {
        _source ??= Load(GraphRoles.Hidden);
        using var ids = OrtValue.CreateTensorValueFromMemory(source.InputIds, [source.Count, source.Length]);
        using var mask = OrtValue.CreateTensorValueFromMemory(source.AttentionMask, [source.Count, source.Length]);
        using var options = new RunOptions();
        using var values = _source.Run(options, new Dictionary<string, OrtValue> { ["input_ids"] = ids, ["attention_mask"] = mask },
            [.. Enumerable.Range(0, _manifest.Dimensions.NumHiddenLayers).Select(i => $"{Hidden}{i}")]);
        return [.. values.Select(v => v.GetTensorDataAsSpan<float>().ToArray())];
    }

    /// <summary>Any of <c>logits</c>, <c>start_logits</c>, <c>end_logits</c>, <c>last_hidden_state</c>, <c>hidden_states.k</c>.</summary>
    /// <param name="adapter">Null for <see cref="Adapter"/>.</param>
    /// <param name="cache">What the rows have read before; takes what they read now.</param>
    public float[][] Run(FusionRows rows, IReadOnlyList<string> outputs, string? adapter = null, FusionCache? cache = null) =>
        Run(rows, outputs, Mount(adapter ?? Adapter), cache);

    /// <summary>The same of the model without an adapter.</summary>
    public float[][] RunBase(FusionRows rows, IReadOnlyList<string> outputs, FusionCache? cache = null) =>
        Run(rows, outputs, (OrtLoraAdapter?)null, cache);

    /// <summary>For rows of a decoder that go on after their prompts.</summary>
    /// <exception cref="InvalidDataException">The graph cannot go on, as those of older exports.</exception>
    public FusionCache NewCache() =>
        _manifest.Decoder is { } decoder && decoder.Caches.All(c => _session.InputMetadata.ContainsKey(c.KeyInput))
            ? new FusionCache(decoder.Caches)
            : throw new InvalidDataException($"'{_folder}': '{_manifest.Graphs[GraphRoles.Fusion]}' takes no keys and values of earlier "
                + $"tokens ({FusionCache.InputPrefix}N.key), which answers are written with; it was made before graphs did. Export the run "
                + "again.");

    public void Dispose()
    {
        _source?.Dispose();
        foreach (var adapter in _adapters.Values)
            adapter.Dispose();
        _session.Dispose();
    }

    private float[][] Run(FusionRows rows, IReadOnlyList<string> outputs, OrtLoraAdapter? adapter, FusionCache? cache)
    {
        using var inputs = new FusionInputs(_session, Facts);
        IDisposableReadOnlyCollection<OrtValue> values;
        try
        {
            inputs.Add(rows, adapter is not null, cache);
            using var options = new RunOptions();
            if (adapter is not null)
                options.AddActiveLoraAdapter(adapter);
            values = _session.Run(options, inputs.Values, [.. outputs, .. cache?.Outputs ?? []]);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException(
                $"ONNX Runtime cannot run {rows.Target.Count} rows of {rows.Target.Length} tokens: {e.Message}", e);
        }
        cache?.Take(values.Skip(outputs.Count));
        return [.. values.Take(outputs.Count).Select(Floats)];
    }

    private static float[] Floats(OrtValue value)
    {
        using (value)
            return value.GetTensorDataAsSpan<float>().ToArray();
    }

    private OrtLoraAdapter Mount(string name)
    {
        if (_adapters.TryGetValue(name, out var mounted))
            return mounted;
        var file = _catalog.Verify(name);
        try
        {
            return _adapters[name] = OrtLoraAdapter.Create(file, null);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException($"ONNX Runtime cannot load adapter '{name}' from '{file}': {e.Message}", e);
        }
    }

    private InferenceSession Load(string role)
    {
        if (!_manifest.Graphs.TryGetValue(role, out var graph) || !_manifest.Files.Any(f => f.Path == graph))
            throw new InvalidDataException(
                $"'{_folder}' has no graph for '{role}'; it has: {string.Join(", ", _manifest.Graphs.Keys)}. Export the run again.");
        try
        {
            using var options = QuietSession.Options();
            _device.Apply(options);
            return new InferenceSession(Path.Combine(_folder, graph), options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException(
                $"ONNX Runtime cannot load '{graph}' of '{_folder}'{_device.Place}: {e.Message} Export the run again.", e);
        }
    }
}
