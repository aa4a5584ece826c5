using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace XlLoraOnnx.Runtime;

/// <summary>The random numbers of one row: the number of its n-th new token depends on the row and on n, and on nothing else, whichever
/// rows run beside it, in whatever order.</summary>
/// <remarks>
/// Seed and stream of <see cref="CounterRandom"/> are the first two 64-bit numbers of the SHA-256 of: run seed and number of the row's
/// stream (8 bytes each), attempt (4 bytes), 1 or 0 for whether there is an adapter, its name in UTF-8. Everything is little-endian.
/// </remarks>
internal readonly struct RowRandom
{
    private readonly ulong _seed;
    private readonly ulong _stream;

    /// <param name="seed">The seed of the run.</param>
    /// <param name="number">Of the row: its random stream.</param>
    /// <param name="adapter">Null, which is no adapter, differs from the empty name.</param>
    /// <param name="attempt">Counts the answers that are generated for one row.</param>
    public RowRandom(long seed, long number, string? adapter, int attempt)
    {
        byte[] name = Encoding.UTF8.GetBytes(adapter ?? "");
        byte[] row = new byte[21 + name.Length];
        BinaryPrimitives.WriteInt64LittleEndian(row, seed);
        BinaryPrimitives.WriteInt64LittleEndian(row.AsSpan(8), number);
        BinaryPrimitives.WriteInt32LittleEndian(row.AsSpan(16), attempt);
        row[20] = adapter is null ? (byte)0 : (byte)1;
        name.CopyTo(row, 21);
        byte[] hash = SHA256.HashData(row);
        _seed = BinaryPrimitives.ReadUInt64LittleEndian(hash);
        _stream = BinaryPrimitives.ReadUInt64LittleEndian(hash.AsSpan(8));
    }

    /// <summary>The number, from 0 up to but not including 1, that draws a new token.</summary>
    /// <param name="position">How many new tokens the row has so far.</param>
    public double Next(int position) => CounterRandom.Unit(_seed, _stream, (ulong)position);
}
