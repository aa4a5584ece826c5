using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace XlLoraOnnx.Formats;

/// <param name="Offset">Of its first byte, from the start of the file.</param>
internal sealed record StoredEntry(string Name, long Offset, long Bytes);

/// <summary>
/// The directory of a zip whose entries are stored and not compressed, so that their bytes are read in place: inside the file, apart from
/// each other. Source: PKWARE's APPNOTE.TXT 4.3 and 4.5.3 (zip64, which torch always writes).
/// </summary>
internal static class StoredZip
{
    private const int MaxEntries = 200_000;
    private const int EndBytes = 22;
    private const int LocatorBytes = 20;
    private const int End64Bytes = 56;
    private const int HeaderBytes = 46;
    private const int LocalBytes = 30;
    private const int MaxDirectoryBytes = 64 << 20;

    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    public static Dictionary<string, StoredEntry> Read(SafeFileHandle handle, string path, long fileBytes)
    {
        var (count, offset, length) = FindDirectory(handle, path, fileBytes);
        if (count is < 0 or > MaxEntries || length is < 0 or > MaxDirectoryBytes || offset < 0 || offset > fileBytes - length)
            throw TorchFile.Malformed(path,
                $"its directory claims {count} entries in {length} bytes at {offset} of {fileBytes}; at most {MaxEntries} entries fit in");
        var directory = Bytes(handle, path, offset, (int)length);
        var entries = new Dictionary<string, StoredEntry>();
        var position = 0;
        for (var i = 0L; i < count; i++)
        {
            var entry = ReadHeader(directory, ref position, handle, path, offset);
            if (!entries.TryAdd(entry.Name, entry))
                throw TorchFile.Malformed(path, $"its directory lists '{entry.Name}' twice");
        }
        CheckApart(entries.Values, path);
        return entries;
    }

    private static (long Count, long Offset, long Length) FindDirectory(SafeFileHandle handle, string path, long fileBytes)
    {
        // the end record may be followed by a comment of up to 65535 bytes
        var tailBytes = (int)Math.Min(fileBytes, EndBytes + ushort.MaxValue);
        var tail = Bytes(handle, path, fileBytes - tailBytes, tailBytes);
        for (var i = tail.Length - EndBytes; i >= 0; i--)
        {
            var end = tail.AsSpan(i);
            if (U32(end, 0) != 0x06054b50 || U16(end, 20) != end.Length - EndBytes)
                continue;
            var position = fileBytes - tail.Length + i;
            return FindDirectory64(handle, path, position) ?? (U16(end, 10), U32(end, 16), U32(end, 12));
        }
        throw TorchFile.Malformed(path,
            $"it is truncated: its {fileBytes} bytes end without the directory that a zip has there. Download or copy it again");
    }

    private static (long Count, long Offset, long Length)? FindDirectory64(SafeFileHandle handle, string path, long end)
    {
        if (end < LocatorBytes + End64Bytes)
            return null;
        var locator = Bytes(handle, path, end - LocatorBytes, LocatorBytes);
        if (U32(locator, 0) != 0x07064b50)
            return null;
        var position = I64(locator, 8);
        if (position < 0 || position > end - LocatorBytes - End64Bytes)
            throw TorchFile.Malformed(path, $"the end of its directory is said to be at {position}, outside the file");
        var record = Bytes(handle, path, position, End64Bytes);
        return U32(record, 0) == 0x06064b50
            ? (I64(record, 32), I64(record, 48), I64(record, 40))
            : throw TorchFile.Malformed(path, $"there is no end of its directory at {position}");
    }

    private static StoredEntry ReadHeader(byte[] directory, ref int position, SafeFileHandle handle, string path, long dataEnd)
    {
        var header = directory.AsSpan(position);
        if (header.Length < HeaderBytes || U32(header, 0) != 0x02014b50)
            throw TorchFile.Malformed(path, $"its directory is damaged at byte {position}");
        var (nameBytes, extraBytes) = (U16(header, 28), U16(header, 30));
        var all = HeaderBytes + nameBytes + extraBytes + U16(header, 32);
        if (all > header.Length)
            throw TorchFile.Malformed(path, $"its directory ends inside the entry at byte {position}");
        position += all;
        var rawName = header.Slice(HeaderBytes, nameBytes);
        var name = Name(rawName, path);
        if (U16(header, 10) != 0 || (U16(header, 8) & 1) != 0)
            throw new NotSupportedException(
                $"'{path}': its entry '{name}' is compressed or encrypted; torch.save stores entries as they are, and only those are read. "
                + TorchFile.ToConvert);
        var (stored, bytes, local) = Sizes(header, header.Slice(HeaderBytes + nameBytes, extraBytes), name, path);
        if (stored != bytes)
            throw TorchFile.Malformed(path, $"its entry '{name}' is stored in {stored} bytes and claims {bytes}");
        var offset = DataOffset(handle, path, local, rawName, name, dataEnd);
        if (bytes < 0 || bytes > dataEnd - offset)
            throw TorchFile.Malformed(path, $"its entry '{name}' claims {bytes} bytes at {offset}; the entries end at {dataEnd}");
        return new StoredEntry(name, offset, bytes);
    }

    /// <summary>Values that do not fit in 32 bits are in the extra field, those alone, in this order.</summary>
    private static (long Stored, long Bytes, long Local) Sizes(
        ReadOnlySpan<byte> header, ReadOnlySpan<byte> extra, string name, string path)
    {
        var wide = Wide(extra);
        long Value(ref ReadOnlySpan<byte> wide, uint narrow)
        {
            if (narrow != uint.MaxValue)
                return narrow;
            if (wide.Length < 8)
                throw TorchFile.Malformed(path, $"its entry '{name}' lacks its 64-bit sizes");
            var value = I64(wide, 0);
            wide = wide[8..];
            return value;
        }
        var bytes = Value(ref wide, U32(header, 24));
        var stored = Value(ref wide, U32(header, 20));
        return (stored, bytes, Value(ref wide, U32(header, 42)));
    }

    private static ReadOnlySpan<byte> Wide(ReadOnlySpan<byte> extra)
    {
        while (extra.Length >= 4 && U16(extra, 2) <= extra.Length - 4)
        {
            if (U16(extra, 0) == 1)
                return extra.Slice(4, U16(extra, 2));
            extra = extra[(4 + U16(extra, 2))..];
        }
        return [];
    }

    /// <summary>Behind the local header, whose extra field aligns the bytes and is another than the directory's.</summary>
    private static long DataOffset(
        SafeFileHandle handle, string path, long local, ReadOnlySpan<byte> rawName, string name, long dataEnd)
    {
        if (local < 0 || local > dataEnd - LocalBytes - rawName.Length)
            throw TorchFile.Malformed(path, $"its entry '{name}' is said to begin at {local}, outside the file");
        var header = Bytes(handle, path, local, LocalBytes + rawName.Length);
        if (U32(header, 0) != 0x04034b50 || U16(header, 8) != 0 || !header.AsSpan(LocalBytes).SequenceEqual(rawName)
            || U16(header, 26) != rawName.Length)
            throw TorchFile.Malformed(path, $"at {local} is not the entry '{name}' that its directory promises");
        return local + LocalBytes + rawName.Length + U16(header, 28);
    }

    private static void CheckApart(IEnumerable<StoredEntry> entries, string path)
    {
        StoredEntry? before = null;
        foreach (var entry in entries.OrderBy(e => e.Offset).ThenBy(e => e.Bytes))
        {
            if (before is not null && entry.Offset < before.Offset + before.Bytes)
                throw TorchFile.Malformed(path, $"its entries '{before.Name}' and '{entry.Name}' overlap");
            before = entry;
        }
    }

    private static string Name(ReadOnlySpan<byte> bytes, string path)
    {
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw TorchFile.Malformed(path, "its directory has a name that is not UTF-8", e);
        }
    }

    private static byte[] Bytes(SafeFileHandle handle, string path, long position, int count)
    {
        var bytes = new byte[count];
        TensorFileReads.ReadExactly(handle, path, position, bytes);
        return bytes;
    }

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long I64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
}
