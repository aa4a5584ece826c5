using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace XlLoraOnnx.Formats;

/// <summary>
/// The identity of a base model: SHA-256 over its tensors sorted by name (ordinal), one line each: name, dtype, shape and the SHA-256 of
/// its bytes as stored. Hashes of tensors can be taken in any order, in parallel, while streaming.
/// </summary>
public static class BaseFingerprints
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    public static string Of(IEnumerable<(string Name, string DType, IReadOnlyList<long> Shape, byte[] Sha256)> tensors)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, dtype, shape, sha256) in tensors.OrderBy(t => t.Name, StringComparer.Ordinal))
        {
            var dims = string.Join(',', shape.Select(d => d.ToString(CultureInfo.InvariantCulture)));
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}\t{dtype}\t[{dims}]\t{Convert.ToHexStringLower(sha256)}\n"));
        }
        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Of a base with an adapter folded into it.</summary>
    public static string OfMerged(string original, string adapterSha256) =>
        "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{original}\nmerged\t{adapterSha256}\n")));

    /// <summary>
    /// The 31 bits of a fingerprint that fit into <c>model_version</c> of an .onnx_adapter file, so that the file alone says which base it
    /// was made for. Never 0, which is what the official writer leaves there.
    /// </summary>
    public static int ModelVersion(string fingerprint)
    {
        var hex = fingerprint.StartsWith("sha256:", StringComparison.Ordinal) ? fingerprint[7..] : fingerprint;
        if (hex.Length != 64 || hex.AsSpan().ContainsAnyExcept(HexDigits))
            throw new InvalidDataException($"'{fingerprint}' is not a fingerprint: expected 'sha256:' and 64 hexadecimal digits.");
        var bits = BinaryPrimitives.ReadUInt32BigEndian(Convert.FromHexString(hex.AsSpan(0, 8))) & 0x7FFF_FFFF;
        return bits == 0 ? 1 : (int)bits;
    }
}
