using System.Buffers;
using System.Security.Cryptography;

namespace XlLoraOnnx.Synthesis;

/// <summary>The Merkle tree hash of RFC 6962 (section 2.1) over leaves that come one by one; keeps one hash for each level.</summary>
internal sealed class MerkleTree
{
    private readonly List<(int Level, byte[] Hash)> _whole = [];

    public long Leaves { get; private set; }

    /// <summary>The hash of a row's leaf: its line in triplets.jsonl, a line feed, its line in receipts.jsonl.</summary>
    public static byte[] Leaf(ReadOnlySpan<byte> triplet, ReadOnlySpan<byte> receipt)
    {
        var rented = ArrayPool<byte>.Shared.Rent(triplet.Length + receipt.Length + 2);
        rented[0] = 0;
        triplet.CopyTo(rented.AsSpan(1));
        rented[triplet.Length + 1] = (byte)'\n';
        receipt.CopyTo(rented.AsSpan(triplet.Length + 2));
        var hash = Sha256.Hash(rented.AsSpan(0, triplet.Length + receipt.Length + 2));
        ArrayPool<byte>.Shared.Return(rented);
        return hash;
    }

    /// <param name="leaf">Its hash.</param>
    public void Add(byte[] leaf)
    {
        var (level, node) = (0, leaf);
        while (_whole.Count > 0 && _whole[^1].Level == level)
        {
            node = Node(_whole[^1].Hash, node);
            _whole.RemoveAt(_whole.Count - 1);
            level++;
        }
        _whole.Add((level, node));
        Leaves++;
    }

    /// <summary>Lower-case hexadecimal; of no leaves the hash of nothing.</summary>
    public string Root()
    {
        if (_whole.Count == 0)
            return Convert.ToHexStringLower(SHA256.HashData([]));
        var root = _whole[^1].Hash;
        for (var i = _whole.Count - 2; i >= 0; i--)
            root = Node(_whole[i].Hash, root);
        return Convert.ToHexStringLower(root);
    }

    private static byte[] Node(byte[] left, byte[] right) => Sha256.Hash([1, .. left, .. right]);
}
