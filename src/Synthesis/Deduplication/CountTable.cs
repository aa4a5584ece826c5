namespace XlLoraOnnx.Synthesis;

/// <summary>Counts by hash: nine bytes a slot.</summary>
/// <param name="expected">So many hashes come without that it grows.</param>
internal sealed class CountTable(int expected)
{
    private const int Smallest = 32;
    private const double MaxFilled = 0.85;
    private const double Growth = 1.3;

    /// <summary>From here on a count stands in <see cref="_large"/>.</summary>
    private const byte Large = byte.MaxValue;

    private ulong[] _hashes = new ulong[Smallest + (int)(expected / MaxFilled)];

    /// <summary>0 is a free slot.</summary>
    private byte[] _counts = new byte[Smallest + (int)(expected / MaxFilled)];
    private Dictionary<ulong, int>? _large;
    private int _used;

    /// <summary>All counts, in no order.</summary>
    public IEnumerable<int> Counts =>
        _counts.Where(c => c is > 0 and < Large).Select(c => (int)c).Concat(_large?.Values.AsEnumerable() ?? []);

    /// <returns>The count, this time included.</returns>
    public int Add(ulong hash)
    {
        var slot = SlotOf(hash);
        if (_counts[slot] == 0)
        {
            if (_used + 1 > _counts.Length * MaxFilled)
            {
                Grow();
                slot = SlotOf(hash);
            }
            _hashes[slot] = hash;
            _used++;
        }
        if (_counts[slot] < Large && ++_counts[slot] < Large)
            return _counts[slot];
        _large ??= [];
        return _large[hash] = _large.GetValueOrDefault(hash, Large - 1) + 1;
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
        (_hashes, _counts) = (new ulong[length], new byte[length]);
        for (var i = 0; i < counts.Length; i++)
        {
            if (counts[i] == 0)
                continue;
            var slot = SlotOf(hashes[i]);
            (_hashes[slot], _counts[slot]) = (hashes[i], counts[i]);
        }
    }
}
