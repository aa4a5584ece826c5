using System.Security.Cryptography;

namespace XlLoraOnnx.Formats;

/// <summary>SHA-256 of short texts, millions of them: an object that is kept takes half the time of the one-shot methods.</summary>
public static class Sha256
{
    [ThreadStatic]
    private static SHA256? _kept;

    /// <param name="bytes">What to hash.</param>
    /// <param name="hash">32 bytes.</param>
    public static void Hash(ReadOnlySpan<byte> bytes, Span<byte> hash)
    {
        _kept ??= SHA256.Create();
        if (!_kept.TryComputeHash(bytes, hash, out _))
            throw new ArgumentException($"A SHA-256 has {SHA256.HashSizeInBytes} bytes, not {hash.Length}.", nameof(hash));
    }

    public static byte[] Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = new byte[SHA256.HashSizeInBytes];
        Hash(bytes, hash);
        return hash;
    }
}
