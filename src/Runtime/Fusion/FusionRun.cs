using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Runtime;

/// <summary>
/// A folder with an adapter of FLARE in ONNX Runtime: the source pass, which gives hidden states of the model without the adapter, and the
/// target pass, which reads a text together with them. One thread at a time.
/// </summary>
internal sealed class FusionRun : IDisposable
{
    private const string Hidden = "hidden_states.", OfLayer = "source." + Hidden;

    private readonly ModelManifest _manifest;
    private readonly string _folder;
    private readonly InferenceSession _session;
    private readonly OrtLoraAdapter _adapter;
    private InferenceSession? _source;

    /// <param name="adapter">Null for the one that the folder has.</param>
    /// <param name="showsStates">Whether the hidden states of the target pass can be asked for.</param>
    /// <exception cref="InvalidDataException">The folder has no such graph or adapter, or ONNX Runtime cannot load it.</exception>
    /// <exception cref="ArgumentException">It has none of the name.</exception>
    public FusionRun(string folder, ModelManifest manifest, string? adapter = null, bool showsStates = false)
    {
        (_folder, _manifest) = (folder, manifest);
        Facts = manifest.Flare ?? throw new InvalidDataException($"'{folder}' has no adapter of FLARE.");
        var role = showsStates ? GraphRoles.FusionHidden : GraphRoles.Fusion;
        var file = new AdapterCatalog(folder, manifest).Verify(adapter ?? manifest.Adapters.Keys.FirstOrDefault()
            ?? throw new InvalidDataException($"'{folder}' has no adapter. Export the run again."));
        _session = Load(role);
        _adapter = OrtLoraAdapter.Create(file, null);
    }

    public FlareFacts Facts { get; }

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
    public float[][] Run(FusionRows rows, IReadOnlyList<string> outputs)
    {
        var inputs = new Dictionary<string, OrtValue>();
        try
        {
            foreach (var name in _session.InputMetadata.Keys)
            {
                if (Input(name, rows) is { } value)
                    inputs.Add(name, value);
            }
            using var options = new RunOptions();
            options.AddActiveLoraAdapter(_adapter);
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

    public void Dispose()
    {
        _source?.Dispose();
        _adapter.Dispose();
        _session.Dispose();
    }

    private InferenceSession Load(string role)
    {
        if (!_manifest.Graphs.TryGetValue(role, out var graph) || !_manifest.Files.Any(f => f.Path == graph))
            throw new InvalidDataException(
                $"'{_folder}' has no graph for '{role}'; it has: {string.Join(", ", _manifest.Graphs.Keys)}. Export the run again.");
        try
        {
            using var options = QuietSession.Options();
            return new InferenceSession(Path.Combine(_folder, graph), options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException($"ONNX Runtime cannot load '{graph}' of '{_folder}': {e.Message} Export the run again.", e);
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
}

/// <summary>Texts and the same in another language, padded to one length.</summary>
/// <param name="Target">What is read with the adapter.</param>
/// <param name="SourceMask">Where there is a source; elsewhere the adapter is plain LoRA.</param>
/// <param name="TargetMask">What functions see that look at all positions.</param>
/// <param name="SourceStates">By layer; one for all of them from a translation model's encoder; none for a plain adapter.</param>
internal sealed record FusionRows(EncoderRows Target, long[] SourceMask, long[] TargetMask, IReadOnlyList<float[]> SourceStates)
{
    /// <summary>As FLARE's released code has it: padding is fused like any token.</summary>
    public static FusionRows Released(EncoderRows target, IReadOnlyList<float[]> sourceStates)
    {
        var ones = new long[target.InputIds.Length];
        Array.Fill(ones, 1);
        return new FusionRows(target, ones, ones, sourceStates);
    }

    /// <summary>Padding is no source, and is not looked at: the result of a row does not depend on it.</summary>
    public static FusionRows Masked(EncoderRows target, EncoderRows source, IReadOnlyList<float[]> sourceStates) =>
        new(target, source.AttentionMask, target.AttentionMask, sourceStates);

    /// <summary>A text alone: the adapter is plain LoRA everywhere.</summary>
    public static FusionRows Alone(EncoderRows target) =>
        new(target, new long[target.InputIds.Length], target.AttentionMask, []);
}
