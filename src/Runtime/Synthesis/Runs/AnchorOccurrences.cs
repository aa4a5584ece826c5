using System.Runtime.InteropServices;

namespace XlLoraOnnx.Runtime;

/// <summary>Counts, in the order of the input, how often each anchor has come before.</summary>
/// <remarks>
/// It keeps the keys of first occurrences and no texts, 20 bytes a slot: about 33 MB for a million distinct anchors. There are many small
/// tables, so that growing one never needs twice the memory. Not thread-safe.
/// </remarks>
internal sealed class AnchorOccurrences
{
    private const int Tables = 1 << TableBits;
    private const int TableBits = 8;
    private const int SmallestTable = 16;

    private readonly KeyCount[][] _tables = new KeyCount[Tables][];
    private readonly int[] _used = new int[Tables];

    /// <summary>Anchors counted.</summary>
    public long Total { get; private set; }

    /// <summary>Different anchors among them.</summary>
    public long Distinct { get; private set; }

    /// <summary>The key of the next row of the input.</summary>
    /// <param name="occurrence">0 for the first row with this anchor, 1 for the second, and so on.</param>
    public RowKey Next(ReadOnlySpan<char> anchor, out long occurrence)
    {
        var first = RowKey.Of(anchor);
        occurrence = Count(first);
        Total++;
        if (occurrence > 0)
            return RowKey.Of(anchor, occurrence);
        Distinct++;
        return first;
    }

    private long Count(RowKey key)
    {
        uint hash = (uint)key.GetHashCode();
        int table = (int)(hash >> (32 - TableBits));
        if (_tables[table] is null)
            _tables[table] = new KeyCount[SmallestTable];
        else if (_used[table] >= _tables[table].Length * 4L / 5)
            Grow(table);
        ref var slot = ref Find(_tables[table], key, hash);
        if (slot.Count == 0)
        {
            _used[table]++;
            slot.Key = key;
        }

        return slot.Count++;
    }

    private void Grow(int table)
    {
        var old = _tables[table];
        var grown = new KeyCount[old.Length * 3L / 2];
        foreach (var slot in old)
        {
            if (slot.Count > 0)
                Find(grown, slot.Key, (uint)slot.Key.GetHashCode()) = slot;
        }

        _tables[table] = grown;
    }

    /// <summary>The slot of a key, or the free one where it belongs.</summary>
    private static ref KeyCount Find(KeyCount[] slots, RowKey key, uint hash)
    {
        // The highest bits chose the table; the others are spread over its length by a multiplication.
        int index = (int)(((ulong)(hash << TableBits) * (ulong)slots.Length) >> 32);
        while (slots[index].Count > 0 && slots[index].Key != key)
            index = index + 1 == slots.Length ? 0 : index + 1;
        return ref slots[index];
    }

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct KeyCount
    {
        public RowKey Key;

        /// <summary>0 where the slot is free.</summary>
        public uint Count;
    }
}
