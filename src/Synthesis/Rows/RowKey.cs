using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace XlLoraOnnx.Synthesis;

/// <summary>A row's name in every file of a run: 128 bits of SHA-256 over its anchor and how often that text came before it.</summary>
/// <remarks>
/// The hash is over the UTF-8 of the anchor as it was read, a zero byte, and the occurrence as 64 bits with the lowest byte first. It does
/// not depend on where in the input the row stands, so that an input may grow or be cut in other shards.
/// </remarks>
public readonly struct RowKey : IEquatable<RowKey>, IComparable<RowKey>
{
    /// <summary>Bytes of a key in files.</summary>
    public const int Bytes = 16;

    private const int BytesOnStack = 4096;
    private const int OccurrenceBytes = 1 + sizeof(ulong);

    private readonly ulong _high;
    private readonly ulong _low;

    /// <summary>The key of bytes.</summary>
    /// <param name="bytes">As <see cref="CopyTo"/> gives them.</param>
    /// <exception cref="ArgumentException">There are more or fewer than <see cref="Bytes"/>.</exception>
    public RowKey(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Bytes)
            throw new ArgumentException($"A row key has {Bytes} bytes, not {bytes.Length}.", nameof(bytes));
        _high = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _low = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
    }

    /// <summary>The key of an anchor; its occurrence counts from 0, 0 for the first row with this text.</summary>
    public static RowKey Of(ReadOnlySpan<char> anchor, long occurrence = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(occurrence);
        int most = Encoding.UTF8.GetMaxByteCount(anchor.Length) + OccurrenceBytes;
        if (most <= BytesOnStack)
            return Of(anchor, occurrence, stackalloc byte[BytesOnStack]);
        var rented = ArrayPool<byte>.Shared.Rent(most);
        var key = Of(anchor, occurrence, rented);
        ArrayPool<byte>.Shared.Return(rented);
        return key;
    }

    /// <summary>The key as a number.</summary>
    public UInt128 Value => new(_high, _low);

    /// <summary>Reads what <see cref="ToString"/> gives.</summary>
    /// <param name="hex">32 hexadecimal digits, as <see cref="ToString"/> gives them.</param>
    /// <exception cref="FormatException">It is something else.</exception>
    public static RowKey Parse(ReadOnlySpan<char> hex)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        if (hex.Length != 2 * Bytes || Convert.FromHexString(hex, bytes, out _, out _) != OperationStatus.Done)
            throw new FormatException($"\"{hex}\" is no row key; one has {2 * Bytes} hexadecimal digits.");
        return new RowKey(bytes);
    }

    /// <inheritdoc cref="Equals(RowKey)"/>
    public static bool operator ==(RowKey left, RowKey right) => left.Equals(right);

    /// <summary>Whether they are different rows.</summary>
    public static bool operator !=(RowKey left, RowKey right) => !left.Equals(right);

    /// <summary>Whether a key comes before another.</summary>
    public static bool operator <(RowKey left, RowKey right) => left.CompareTo(right) < 0;

    /// <summary>Whether a key comes after another.</summary>
    public static bool operator >(RowKey left, RowKey right) => left.CompareTo(right) > 0;

    /// <summary>Whether a key does not come after another.</summary>
    public static bool operator <=(RowKey left, RowKey right) => left.CompareTo(right) <= 0;

    /// <summary>Whether a key does not come before another.</summary>
    public static bool operator >=(RowKey left, RowKey right) => left.CompareTo(right) >= 0;

    /// <summary>The number under which a generator makes this answer, from 0 on; it seeds the row's random stream.</summary>
    /// <remarks>Part of what a run's texts depend on: it must never change.</remarks>
    public long RequestId(SynthesisSide side, int sample)
    {
        // A finalizer that lets every bit change every other (Stafford's Mix13, as in SplitMix64), over one half after the other.
        ulong mixed = Mix(_high + 0x9E3779B97F4A7C15);
        mixed = Mix(mixed ^ _low);
        mixed = Mix(mixed + (((ulong)(uint)sample << 8) | (byte)side));
        return (long)(mixed >> 1);
    }

    /// <summary>Writes <see cref="Bytes"/> bytes, which <see cref="RowKey(ReadOnlySpan{byte})"/> reads.</summary>
    public void CopyTo(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, _high);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], _low);
    }

    /// <summary>Whether it is the same row.</summary>
    public bool Equals(RowKey other) => _high == other._high && _low == other._low;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RowKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _low.GetHashCode();

    /// <summary>Orders keys as their hexadecimal digits.</summary>
    public int CompareTo(RowKey other) => _high != other._high ? _high.CompareTo(other._high) : _low.CompareTo(other._low);

    /// <summary>32 hexadecimal digits, as in receipts.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{_high:x16}{_low:x16}");

    /// <summary>The key of this anchor as a row in a language, or of such a row the key of its anchor: both are one step.</summary>
    /// <remarks>
    /// The 16 bytes that the SHA-256 of the language begins with are combined by exclusive or, so that what a row draws can be a function
    /// of its anchor alone: the same text in two languages draws the same numbers, as it would in two runs.
    /// </remarks>
    /// <param name="language">Null for a row without one.</param>
    internal RowKey In(string? language)
    {
        if (language is null)
            return this;
        var other = new RowKey(Sha256.Hash(Encoding.UTF8.GetBytes(language)).AsSpan(0, Bytes));
        return new RowKey(_high ^ other._high, _low ^ other._low);
    }

    private RowKey(ulong high, ulong low) => (_high, _low) = (high, low);

    private static RowKey Of(ReadOnlySpan<char> anchor, long occurrence, Span<byte> buffer)
    {
        int length = Encoding.UTF8.GetBytes(anchor, buffer);
        buffer[length] = 0;
        BinaryPrimitives.WriteInt64LittleEndian(buffer[(length + 1)..], occurrence);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Sha256.Hash(buffer[..(length + OccurrenceBytes)], hash);
        return new RowKey(hash[..Bytes]);
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
