using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Runtime;

/// <summary>What a run of a graph of FLARE reads beside its adapter; of that, it owns all but what a cache has.</summary>
internal sealed class FusionInputs(InferenceSession session, FlareFacts facts) : IDisposable
{
    private const string OfLayer = "source.hidden_states.";

    private readonly List<OrtValue> _made = [];

    public Dictionary<string, OrtValue> Values { get; } = new(StringComparer.Ordinal);

    /// <param name="hasAdapter">Else its inputs are zeros.</param>
    public void Add(FusionRows rows, bool hasAdapter, FusionCache? cache)
    {
        foreach (var (name, metadata) in session.InputMetadata)
        {
            if (cache?.Past(name) is { } past)
                Values.Add(name, past);
            else if (Input(name, rows) is { } value)
                Own(name, value);
            else if (name.StartsWith(FusionCache.InputPrefix, StringComparison.Ordinal))
                Own(name, Allocated(metadata, [rows.Target.Count, metadata.Dimensions[1], 0, metadata.Dimensions[3]]));
            else if (!hasAdapter)
                Own(name, Zeros(metadata, RankOf(name)));
        }
    }

    public void Dispose()
    {
        foreach (var value in _made)
            value.Dispose();
    }

    private void Own(string name, OrtValue value)
    {
        _made.Add(value);
        Values.Add(name, value);
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
            _ when name.StartsWith(OfLayer, StringComparison.Ordinal) =>
                States(int.Parse(name.AsSpan(OfLayer.Length), CultureInfo.InvariantCulture)),
            _ => null,
        };

        // the mask also has what was read before
        OrtValue Ids(long[] values) => OrtValue.CreateTensorValueFromMemory(values, [shape[0], values.Length / shape[0]]);

        // where there is no source the mask keeps it out, whatever it is
        OrtValue States(int layer) => OrtValue.CreateTensorValueFromMemory(
            rows.SourceStates.Count > 0 ? rows.SourceStates[layer] : new float[shape[0] * shape[1] * facts.SourceDimension!.Value],
            [.. shape, facts.SourceDimension!.Value]);
    }

    /// <summary>1 where it is free; matrices of cross-attention have it.</summary>
    private int RankOf(string factor)
    {
        var at = factor.LastIndexOf(".lora_", StringComparison.Ordinal);
        return at >= 0 && session.InputMetadata.TryGetValue($"{factor[..at]}.fuse_cross_attention.query.weight", out var matrix)
            ? matrix.Dimensions[0] : 1;
    }

    private static OrtValue Zeros(NodeMetadata metadata, int rank)
    {
        var value = Allocated(metadata, [.. metadata.Dimensions.Select(d => (long)d < 0 ? rank : d)]);
        value.GetTensorMutableRawData().Clear();
        return value;
    }

    private static OrtValue Allocated(NodeMetadata metadata, long[] shape) =>
        OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, metadata.ElementDataType, shape);
}
