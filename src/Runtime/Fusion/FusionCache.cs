using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Runtime;

/// <summary>Keys and values of all that rows have read, padding included, for the tokens behind it. One thread at a time.</summary>
/// <remarks>They stay as they are when rows go on: by every schedule of FLARE, what is fused into a token is the same whenever it is read,
/// and it sees nothing that comes later.</remarks>
internal sealed class FusionCache(IReadOnlyList<CacheEntry> entries) : IDisposable
{
    /// <summary>Of ONNX Runtime GenAI, as <see cref="CacheEntry.OfSelfAttention"/> has them.</summary>
    public const string InputPrefix = "past_key_values.";

    private readonly string[] _inputs = [.. entries.SelectMany(e => (string[])[e.KeyInput, e.ValueInput])];
    private readonly Dictionary<string, OrtValue> _past = new(StringComparer.Ordinal);

    /// <summary>What a run has to give for <see cref="Take"/>.</summary>
    public IReadOnlyList<string> Outputs { get; } = [.. entries.SelectMany(e => (string[])[e.KeyOutput!, e.ValueOutput!])];

    /// <returns>[rows, heads, positions, head_dim], which stays the cache's; null before the first run.</returns>
    public OrtValue? Past(string input) => _past.GetValueOrDefault(input);

    /// <param name="present">In the order of <see cref="Outputs"/>; they are the cache's from now on.</param>
    public void Take(IEnumerable<OrtValue> present)
    {
        Dispose();
        foreach (var (input, value) in _inputs.Zip(present))
            _past.Add(input, value);
    }

    /// <summary>Drops the rows that do not go on.</summary>
    /// <param name="rows">Those that do, by their numbers so far.</param>
    public void Keep(IReadOnlyList<int> rows)
    {
        foreach (var input in _inputs)
        {
            using var all = _past[input];
            _past[input] = Kept(all, rows);
        }
    }

    public void Dispose()
    {
        foreach (var value in _past.Values)
            value.Dispose();
        _past.Clear();
    }

    private static OrtValue Kept(OrtValue all, IReadOnlyList<int> rows)
    {
        var facts = all.GetTensorTypeAndShape();
        long[] shape = [rows.Count, .. facts.Shape[1..]];
        var kept = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, facts.ElementDataType, shape);
        var from = all.GetTensorMutableRawData();
        var to = kept.GetTensorMutableRawData();
        var size = to.Length / rows.Count;
        for (var i = 0; i < rows.Count; i++)
            from.Slice(rows[i] * size, size).CopyTo(to[(i * size)..]);
        return kept;
    }
}
