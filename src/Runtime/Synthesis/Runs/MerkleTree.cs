using System.Security.Cryptography;

namespace XlLoraOnnx.Runtime;

/// <summary>The Merkle tree hash of RFC 6962 (section 2.1) over leaves that come one by one; keeps one hash for each level.</summary>
internal sealed class MerkleTree
{
    private readonly List<(int Level, byte[] Hash)> _whole = [];

    public long Leaves { get; private set; }

    /// <param name="parts">Together the bytes of the leaf.</param>
    public void Add(params ReadOnlySpan<ReadOnlyMemory<byte>> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([0]);
        foreach (var part in parts)
            hash.AppendData(part.Span);
        var (level, node) = (0, hash.GetHashAndReset());
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

    private static byte[] Node(byte[] left, byte[] right) => SHA256.HashData([1, .. left, .. right]);
}
