using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using MessagePack;

namespace XlLoraOnnx.Synthesis;

/// <summary>How records stand in a journal: <c>[CRC-32C of the payload, payload]</c>, as MessagePack with fields of fixed width.</summary>
/// <remarks>
/// <c>92 | CE crc(4) | C6 length(4) | payload</c>. Other writers of MessagePack would choose shorter forms, and every reader accepts these;
/// the fixed width is what lets the next whole record be found after a damaged one. No text can hold it: 92 and CE 00… are no UTF-8.
/// </remarks>
internal static class JournalFrame
{
    public const int HeaderBytes = 11;

    /// <summary>Longest payload; far more than any answer has.</summary>
    public const int MaxBytes = 1 << 24;

    private const int CrcAt = 2;
    private const int LengthAt = 7;
    private const byte Pair = MessagePackCode.MinFixArray | 2;

    /// <summary>The first two bytes.</summary>
    public static ReadOnlySpan<byte> Start => [Pair, MessagePackCode.UInt32];

    /// <summary>Writes a payload behind its header.</summary>
    /// <exception cref="ArgumentException">The payload is too long; nothing is written.</exception>
    public static void Write(IBufferWriter<byte> records, ReadOnlySpan<byte> payload)
    {
        if (payload.Length > MaxBytes)
            throw new ArgumentException(
                $"A record of {payload.Length:N0} bytes is too long for a journal; up to {MaxBytes:N0} are possible.", nameof(payload));
        var record = records.GetSpan(HeaderBytes + payload.Length);
        record[0] = Pair;
        record[1] = MessagePackCode.UInt32;
        BinaryPrimitives.WriteUInt32BigEndian(record[CrcAt..], Crc32C(payload));
        record[LengthAt - 1] = MessagePackCode.Bin32;
        BinaryPrimitives.WriteInt32BigEndian(record[LengthAt..], payload.Length);
        payload.CopyTo(record[HeaderBytes..]);
        records.Advance(HeaderBytes + payload.Length);
    }

    /// <returns>The length of the payload; -1 if this is no header.</returns>
    public static int PayloadLength(ReadOnlySpan<byte> header)
    {
        if (header[0] != Pair || header[1] != MessagePackCode.UInt32 || header[LengthAt - 1] != MessagePackCode.Bin32)
            return -1;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(header[LengthAt..]);
        return length <= MaxBytes ? (int)length : -1;
    }

    /// <summary>Whether the payload is the one that the header was written for.</summary>
    public static bool IsIntact(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload) =>
        BinaryPrimitives.ReadUInt32BigEndian(header[CrcAt..]) == Crc32C(payload);

    /// <summary>How much of a row of records is whole when only so many bytes have been written.</summary>
    public static int WholeBytes(ReadOnlySpan<byte> records, long written)
    {
        int whole = 0;
        while (records.Length - whole >= HeaderBytes)
        {
            int length = PayloadLength(records[whole..]);
            if (length < 0 || whole + HeaderBytes + length > written)
                break;
            whole += HeaderBytes + length;
        }

        return whole;
    }

    /// <summary>CRC with Castagnoli's polynomial, as in RFC 3720 B.4; by the processor's instruction where it has one.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = ~0u;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }
}
