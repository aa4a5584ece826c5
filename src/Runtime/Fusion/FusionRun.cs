using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Runtime;

/// <summary>
/// A folder with adapters of FLARE in ONNX Runtime: the source pass, which gives hidden states of the model without an adapter, and the
/// target pass, which reads a text together with them. One thread at a time.
/// </summary>
internal sealed class FusionRun : IDisposable
{
    private const string Hidden = "hidden_states.", OfLayer = "source." + Hidden;

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
    public float[][] Run(FusionRows rows, IReadOnlyList<string> outputs, string? adapter = null) =>
        Run(rows, outputs, Mount(adapter ?? Adapter));

    /// <summary>The same of the model without an adapter.</summary>
    public float[][] RunBase(FusionRows rows, IReadOnlyList<string> outputs) => Run(rows, outputs, (OrtLoraAdapter?)null);

    public void Dispose()
    {
        _source?.Dispose();
        foreach (var adapter in _adapters.Values)
            adapter.Dispose();
        _session.Dispose();
    }

    private float[][] Run(FusionRows rows, IReadOnlyList<string> outputs, OrtLoraAdapter? adapter)
    {
        var inputs = new Dictionary<string, OrtValue>();
        try
        {
            foreach (var (name, metadata) in _session.InputMetadata)
            {
                if (Input(name, rows) is { } value)
                    inputs.Add(name, value);
                else if (adapter is null)
                    inputs.Add(name, Zeros(metadata, RankOf(name)));
            }
            using var options = new RunOptions();
            if (adapter is not null)
                options.AddActiveLoraAdapter(adapter);
            using var values = _session.Run(options, inputs, outputs);
            return [.. values.Select(v => v.GetTensorDataAsSpan<float>().ToArray())];
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException(
                $"ONNX Runtime cannot run {rows.Target.Count} rows of {rows.Target.Length} tokens: {e.Message}", e);
        }
        finally
        {
            foreach (var value in inputs.Values)
                value.Dispose();
        }
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

    /// <returns>Null for what the adapter brings.</returns>
    private OrtValue? Input(string name, FusionRows rows)
    {
        long[] shape = [rows.Target.Count, rows.Target.Length];
        return name switch
        {
            "input_ids" => Ids(rows.Target.InputIds),
            "attention_mask" => Ids(rows.Target.AttentionMask),
            "source_mask" => Ids(rows.SourceMask),
            "target_mask" => Ids(rows.TargetMask),
            "source.last_hidden_state" => States(0),
            _ when name.StartsWith(OfLayer, StringComparison.Ordinal) => States(int.Parse(name[OfLayer.Length..], CultureInfo.InvariantCulture)),
            _ => null,
        };

        OrtValue Ids(long[] values) => OrtValue.CreateTensorValueFromMemory(values, shape);

        // where there is no source the mask keeps it out, whatever it is
        OrtValue States(int layer) => OrtValue.CreateTensorValueFromMemory(
            rows.SourceStates.Count > 0 ? rows.SourceStates[layer] : new float[shape[0] * shape[1] * Facts.SourceDimension!.Value],
            [.. shape, Facts.SourceDimension!.Value]);
    }

    /// <summary>1 where it is free; matrices of cross-attention have it.</summary>
    private int RankOf(string factor)
    {
        var at = factor.LastIndexOf(".lora_", StringComparison.Ordinal);
        return at >= 0 && _session.InputMetadata.TryGetValue($"{factor[..at]}.fuse_cross_attention.query.weight", out var matrix)
            ? matrix.Dimensions[0] : 1;
    }

    private static OrtValue Zeros(NodeMetadata metadata, int rank)
    {
        var value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, metadata.ElementDataType,
            [.. metadata.Dimensions.Select(d => (long)d < 0 ? rank : d)]);
        value.GetTensorMutableRawData().Clear();
        return value;
    }
}
