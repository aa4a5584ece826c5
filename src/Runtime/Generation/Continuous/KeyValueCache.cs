using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace XlLoraOnnx.Runtime;

/// <summary>Sizes of the caches of a decoder: keys and values of each layer, [slots, heads, capacity, head_dim].</summary>
internal sealed record KeyValueLayout(int Layers, int Heads, int HeadDim, TensorElementType Type)
{
    public int ElementBytes => Type == TensorElementType.Float ? sizeof(float) : sizeof(ushort);

    /// <summary>Keys and values of every layer.</summary>
    public int Buffers => 2 * Layers;

    /// <summary>Of one position in one buffer and one head.</summary>
    public long RowBytes => (long)HeadDim * ElementBytes;

    /// <summary>Of one position in all buffers.</summary>
    public long PositionBytes => Buffers * Heads * RowBytes;
}

/// <summary>Keys and values of all slots, in one buffer for each layer and half; they never move while they are in use.</summary>
internal sealed class KeyValueCache : IDisposable
{
    private readonly IDeviceMemory _memory;
    private readonly KeyValueLayout _layout;
    private readonly nint[] _buffers;

    public KeyValueCache(IDeviceMemory memory, KeyValueLayout layout, int slots, int capacity)
    {
        (_memory, _layout, Slots, Capacity) = (memory, layout, slots, capacity);
        _buffers = new nint[layout.Buffers];
        try
        {
            for (var i = 0; i < _buffers.Length; i++)
                _buffers[i] = memory.Allocate(slots * SlotBytes);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int Slots { get; }

    public int Capacity { get; }

    private long HeadBytes => Capacity * _layout.RowBytes;

    private long SlotBytes => _layout.Heads * HeadBytes;

    /// <summary>Some slots side by side, [slots, heads, capacity, head_dim], over the same memory; the caller disposes it.</summary>
    /// <param name="buffer">2 · layer for keys, 2 · layer + 1 for values.</param>
    public OrtValue View(int buffer, int firstSlot, int slots) => OrtValue.CreateTensorValueWithData(
        _memory.Info, _layout.Type, [slots, _layout.Heads, Capacity, _layout.HeadDim],
        _buffers[buffer] + (nint)(firstSlot * SlotBytes), slots * SlotBytes);

    /// <param name="from">A cache of the same layout; may be this one.</param>
    public void CopySlot(KeyValueCache from, int fromSlot, int slot, int length)
    {
        for (var i = 0; i < _buffers.Length; i++)
            _memory.Copy(
                from._buffers[i] + (nint)(fromSlot * from.SlotBytes), from.HeadBytes,
                _buffers[i] + (nint)(slot * SlotBytes), HeadBytes, length * _layout.RowBytes, _layout.Heads);
        _memory.Finish();
    }

    public StoredPrefix Store(int slot, int length)
    {
        var prefix = new StoredPrefix(_memory, length, length * _layout.PositionBytes);
        var piece = length * _layout.RowBytes;
        for (var i = 0; i < _buffers.Length; i++)
            _memory.Copy(
                _buffers[i] + (nint)(slot * SlotBytes), HeadBytes,
                prefix.Address + (nint)(i * _layout.Heads * piece), piece, piece, _layout.Heads);
        _memory.Finish();
        return prefix;
    }

    public void Load(StoredPrefix prefix, int slot, int length)
    {
        var pitch = prefix.Length * _layout.RowBytes;
        for (var i = 0; i < _buffers.Length; i++)
            _memory.Copy(
                prefix.Address + (nint)(i * _layout.Heads * pitch), pitch,
                _buffers[i] + (nint)(slot * SlotBytes), HeadBytes, length * _layout.RowBytes, _layout.Heads);
        _memory.Finish();
    }

    public void Dispose()
    {
        foreach (ref var buffer in _buffers.AsSpan())
        {
            if (buffer != 0)
                _memory.Free(buffer);
            buffer = 0;
        }
    }
}

/// <summary>[buffers, heads, length, head_dim]</summary>
internal sealed class StoredPrefix(IDeviceMemory memory, int length, long bytes) : IStoredPrefix
{
    public nint Address { get; private set; } = memory.Allocate(bytes);

    public int Length => length;

    public long Bytes => bytes;

    public void Dispose()
    {
        if (Address != 0)
            memory.Free(Address);
        Address = 0;
    }
}
