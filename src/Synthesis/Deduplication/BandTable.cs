namespace XlLoraOnnx.Synthesis;

/// <summary>
/// Indices of signatures by the key of one band, four bytes a slot: 26 bits of the index and 6 of the key, which stands whole in the
/// signature. Texts with equal keys follow one another in the order in which they came.
/// </summary>
internal sealed class BandTable
{
    /// <summary>Most texts; they would take more than 3 GB.</summary>
    public const int MaxIndices = (1 << IndexBits) - 1;

    private const int IndexBits = 26;
    private const double MaxFilled = 0.8;
    private const double Growth = 1.4;

    /// <summary>The index + 1 with the tag above it; 0 is a free slot.</summary>
    private uint[] _slots = new uint[64];
    private int _count;

    public int FirstSlot(ulong key) => (int)((key * 0x9E3779B97F4A7C15 >> 32) * (uint)_slots.Length >> 32);

    public int NextSlot(int slot) => slot + 1 == _slots.Length ? 0 : slot + 1;

    public bool IsFree(int slot) => _slots[slot] == 0;

    /// <returns>−1 where the slot surely holds another key.</returns>
    public int IndexAt(int slot, ulong key) => _slots[slot] >> IndexBits == TagOf(key) ? IndexIn(_slots[slot]) : -1;

    public void Add(ulong key, int index, SignatureList signatures, int band)
    {
        if (_count + 1 > _slots.Length * MaxFilled)
            Grow(signatures, band);
        Place(key, index);
        _count++;
    }

    private static uint TagOf(ulong key) => (uint)(key * 0xC4CEB9FE1A85EC53 >> 58);

    private static int IndexIn(uint slot) => (int)(slot & MaxIndices) - 1;

    private void Place(ulong key, int index)
    {
        var slot = FirstSlot(key);
        while (_slots[slot] != 0)
            slot = NextSlot(slot);
        _slots[slot] = TagOf(key) << IndexBits | (uint)(index + 1);
    }

    /// <summary>Slot by slot from behind a free one, so that of equal keys what came first stays first.</summary>
    private void Grow(SignatureList signatures, int band)
    {
        var old = _slots;
        _slots = new uint[(int)(old.Length * Growth)];
        var free = Array.IndexOf(old, 0u);
        for (var i = 1; i <= old.Length; i++)
        {
            if (old[(free + i) % old.Length] is var slot and not 0)
                Place(NearDuplicateIndex.KeyOf(signatures[IndexIn(slot)], band), IndexIn(slot));
        }
    }
}
