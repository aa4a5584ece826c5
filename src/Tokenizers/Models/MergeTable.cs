namespace XlLoraOnnx.Tokenizers;

/// <summary>Pairs of ids that merge: the rank of the merge (lower ones first) and what comes out. Open addressing.</summary>
internal sealed class MergeTable
{
    public const int None = int.MaxValue;

    private readonly ulong[] _pairs;
    private readonly (int Rank, int Id)[] _merges;

    /// <param name="count">How many are going to be added.</param>
    public MergeTable(int count)
    {
        var size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, 4) * 2);
        _pairs = new ulong[size];
        _merges = new (int, int)[size];
    }

    /// <summary>Of two equal pairs the last one counts.</summary>
    public void Add(int left, int right, int rank, int id)
    {
        var slot = Find(left, right);
        _pairs[slot] = Key(left, right);
        _merges[slot] = (rank, id);
    }

    /// <returns>The rank <see cref="None"/> where the two do not merge.</returns>
    public (int Rank, int Id) Get(int left, int right)
    {
        var slot = Find(left, right);
        return _pairs[slot] == 0 ? (None, 0) : _merges[slot];
    }

    private int Find(int left, int right)
    {
        var key = Key(left, right);
        var mask = _pairs.Length - 1;
        var slot = (int)((key * 0x9E3779B97F4A7C15) >> 32) & mask;
        while (_pairs[slot] != key && _pairs[slot] != 0)
            slot = (slot + 1) & mask;
        return slot;
    }

    // One more than the ids, so that no pair is 0.
    private static ulong Key(int left, int right) => ((ulong)(uint)(left + 1) << 32) | (uint)(right + 1);
}
