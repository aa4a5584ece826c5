using Microsoft.ML.OnnxRuntime;

namespace XlLoraOnnx.Runtime;

/// <summary>Keys and values of all slots, in one buffer for each entry and half; they never move while they are in use.</summary>
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
                _buffers[i] = memory.AllocateSparse(slots * SlotBytes(i));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int Slots { get; }

    public int Capacity { get; }

    public bool Rolls => _layout.Rolls(Capacity);

    /// <summary>First position of a slot that every layer has when so many have been written.</summary>
    public int FirstKept(int length) => Rolls ? _layout.Rolling!.FirstKept(length) : 0;

    /// <summary>Some slots side by side, [slots, heads, capacity, head_dim], over the same memory; the caller disposes it.</summary>
    /// <param name="buffer">2 · entry for keys, 2 · entry + 1 for values.</param>
    public OrtValue View(int buffer, int firstSlot, int slots) => OrtValue.CreateTensorValueWithData(
        _memory.Info, _layout.Type, [slots, Heads(buffer), CapacityOf(buffer), _layout.CacheOf(buffer).HeadDim],
        Address(buffer, firstSlot), slots * SlotBytes(buffer));

    /// <summary>All that is in a slot, however far it is filled.</summary>
    /// <param name="from">A cache of the same layout, of which no layer has dropped what is kept whole here.</param>
    public void TakeSlot(KeyValueCache from, int slot)
    {
        for (var i = 0; i < _buffers.Length; i++)
            _memory.Copy(from.Address(i, slot), from.HeadBytes(i), Address(i, slot), HeadBytes(i),
                Math.Min(HeadBytes(i), from.HeadBytes(i)), Heads(i));
        _memory.Finish();
    }

    /// <summary>Positions of a slot that were computed elsewhere; done after <see cref="IDeviceMemory.Finish"/>.</summary>
    /// <param name="from">Where the first head lies.</param>
    /// <param name="pitch">From one head to the next, in bytes.</param>
    public void Write(int buffer, int slot, nint from, long pitch, int length) =>
        _memory.Copy(from, pitch, Address(buffer, slot), HeadBytes(buffer), Filled(buffer, length), Heads(buffer));

    public void CopySlot(int from, int to, int length)
    {
        for (var i = 0; i < _buffers.Length; i++)
            _memory.Copy(Address(i, from), HeadBytes(i), Address(i, to), HeadBytes(i), Filled(i, length), Heads(i));
        _memory.Finish();
    }

    /// <summary>Gives back the memory of what lies in a slot after so many positions.</summary>
    public void Trim(int slot, int length)
    {
        for (var i = 0; i < _buffers.Length && _memory.IsSparse; i++)
        {
            var (address, filled) = (Address(i, slot), Filled(i, length));
            for (var head = 0; head < Heads(i); head++)
                _memory.Discard(address + (nint)(head * HeadBytes(i) + filled), HeadBytes(i) - filled);
        }
    }

    public StoredPrefix Store(int slot, int length)
    {
        var pieces = Enumerable.Range(0, _buffers.Length).Select(i => (Heads(i), Filled(i, length)));
        var prefix = new StoredPrefix(_memory, FirstKept(length), [.. pieces]);
        for (var i = 0; i < _buffers.Length; i++)
            _memory.Copy(Address(i, slot), HeadBytes(i), prefix.Address(i), prefix.HeadBytes(i), prefix.HeadBytes(i), Heads(i));
        _memory.Finish();
        return prefix;
    }

    public void Load(StoredPrefix prefix, int slot, int length)
    {
        if (prefix.FirstKept != FirstKept(length))
            throw new ArgumentException($"A prefix from position {prefix.FirstKept} on is of no use for {length}.", nameof(length));
        for (var i = 0; i < _buffers.Length; i++)
            _memory.Copy(prefix.Address(i), prefix.HeadBytes(i), Address(i, slot), HeadBytes(i), Filled(i, length), Heads(i));
        _memory.Finish();
    }

    public void Dispose()
    {
        for (var i = 0; i < _buffers.Length; i++)
        {
            if (_buffers[i] != 0)
                _memory.FreeSparse(_buffers[i], Slots * SlotBytes(i));
            _buffers[i] = 0;
        }
    }

    private int Heads(int buffer) => _layout.CacheOf(buffer).Heads;

    private int CapacityOf(int buffer) => _layout.CapacityOf(_layout.CacheOf(buffer), Capacity);

    private long HeadBytes(int buffer) => CapacityOf(buffer) * _layout.RowBytes(_layout.CacheOf(buffer));

    private long SlotBytes(int buffer) => Heads(buffer) * HeadBytes(buffer);

    private nint Address(int buffer, int slot) => _buffers[buffer] + (nint)(slot * SlotBytes(buffer));

    /// <summary>Bytes of a head, from the beginning, when so many positions have been written.</summary>
    private long Filled(int buffer, int length) =>
        _layout.FilledOf(_layout.CacheOf(buffer), Capacity, length) * _layout.RowBytes(_layout.CacheOf(buffer));
}

/// <summary>Of each buffer [heads, positions, head_dim].</summary>
internal sealed class StoredPrefix : IStoredPrefix
{
    private readonly IDeviceMemory _memory;
    private readonly long[] _headBytes, _offsets;
    private nint _address;

    /// <param name="buffers">Heads of each, and the bytes of one.</param>
    public StoredPrefix(IDeviceMemory memory, int firstKept, (int Heads, long HeadBytes)[] buffers)
    {
        (_memory, _headBytes, FirstKept) = (memory, [.. buffers.Select(b => b.HeadBytes)], firstKept);
        _offsets = new long[buffers.Length];
        for (var i = 0; i < buffers.Length; i++)
        {
            _offsets[i] = Bytes;
            Bytes += buffers[i].Heads * buffers[i].HeadBytes;
        }
        _address = memory.Allocate(Bytes);
    }

    public long Bytes { get; }

    public int FirstKept { get; }

    public nint Address(int buffer) => _address + (nint)_offsets[buffer];

    public long HeadBytes(int buffer) => _headBytes[buffer];

    public void Dispose()
    {
        if (_address != 0)
            _memory.Free(_address);
        _address = 0;
    }
}
