using Microsoft.ML.OnnxRuntime.Tensors;

namespace XlLoraOnnx.Runtime;

/// <summary>
/// Sizes of the caches of a decoder: keys and values of each entry, [slots, heads, positions, head_dim]. Those of self attention are in one
/// layout, with the capacity of a slot; those of cross attention in another, with that of the text that an encoder has read.
/// </summary>
/// <param name="Caches">Two buffers each: keys, then values.</param>
/// <param name="Rolling">Layers that need not keep all; null for none.</param>
internal sealed record KeyValueLayout(IReadOnlyList<CacheEntry> Caches, TensorElementType Type, RollingLayers? Rolling = null)
{
    public int ElementBytes => Type == TensorElementType.Float ? sizeof(float) : sizeof(ushort);

    public int Buffers => 2 * Caches.Count;

    /// <summary>Input of the graphs that a buffer is bound to, and their output; null where no step changes it.</summary>
    public (string Input, string? Output) Names(int buffer)
    {
        var cache = CacheOf(buffer);
        return buffer % 2 == 0 ? (cache.KeyInput, cache.KeyOutput) : (cache.ValueInput, cache.ValueOutput);
    }

    /// <summary>What a buffer holds.</summary>
    public CacheEntry CacheOf(int buffer) => Caches[buffer / 2];

    /// <summary>Of one position in one buffer and one head.</summary>
    public long RowBytes(CacheEntry cache) => (long)cache.HeadDim * ElementBytes;

    /// <summary>Of one slot in all buffers.</summary>
    public long SlotBytes(int capacity) => FilledBytes(capacity, capacity);

    /// <summary>Of one slot in all buffers, of which so many positions have been written.</summary>
    public long FilledBytes(int capacity, int filled) => Caches.Sum(cache =>
    {
        var positions = CapacityOf(cache, capacity);
        return 2 * cache.Heads * RowBytes(cache) * Math.Min(filled, positions);
    });

    /// <summary>Whether some layers drop what no token will see: only where that leaves them less than all.</summary>
    public bool Rolls(int capacity) => Rolling is { } rolling && capacity > rolling.Capacity;

    /// <summary>Positions of a buffer where slots have so many.</summary>
    public int CapacityOf(CacheEntry cache, int capacity) =>
        RollsIn(cache, capacity) ? Rolling!.Capacity : capacity;

    /// <summary>Positions of a buffer that hold something when so many have been written.</summary>
    /// <param name="capacity">Of a slot.</param>
    public int FilledOf(CacheEntry cache, int capacity, int length) =>
        RollsIn(cache, capacity) ? length - Rolling!.FirstKept(length) : length;

    private bool RollsIn(CacheEntry cache, int capacity) =>
        Rolls(capacity) && Rolling!.Layers.Contains(cache.Layer);
}
