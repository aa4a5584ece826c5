namespace XlLoraOnnx.Runtime;

/// <summary>Counts by hash: twelve bytes a slot.</summary>
internal sealed class CountTable
{
    private const double MostFilled = 0.85;
    private const double Growth = 1.3;

    private ulong[] _hashes = new ulong[32];

    /// <summary>0 is a free slot.</summary>
    private int[] _counts = new int[32];
    private int _used;

    /// <summary>All counts, in no order.</summary>
    public IEnumerable<int> Counts => _counts.Where(c => c > 0);

    /// <returns>The count, this time included.</returns>
    public int Add(ulong hash)
    {
        var slot = SlotOf(hash);
        if (_counts[slot] == 0)
        {
            if (_used + 1 > _counts.Length * MostFilled)
            {
                Grow();
                slot = SlotOf(hash);
            }
            _hashes[slot] = hash;
            _used++;
        }
        return ++_counts[slot];
    }

    private int SlotOf(ulong hash)
    {
        var slot = (int)((ulong)(uint)hash * (uint)_counts.Length >> 32);
        while (_counts[slot] != 0 && _hashes[slot] != hash)
            slot = slot + 1 == _counts.Length ? 0 : slot + 1;
        return slot;
    }

    private void Grow()
    {
        var (hashes, counts) = (_hashes, _counts);
        var length = (int)(counts.Length * Growth);
        (_hashes, _counts) = (new ulong[length], new int[length]);
        for (var i = 0; i < counts.Length; i++)
        {
            if (counts[i] == 0)
                continue;
            var slot = SlotOf(hashes[i]);
            (_hashes[slot], _counts[slot]) = (hashes[i], counts[i]);
        }
    }
}
