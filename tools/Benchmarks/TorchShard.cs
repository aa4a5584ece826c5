using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace XlLoraOnnx.Benchmarks;

/// <summary>
/// A file as torch.save writes it of a state dict, of any size: a zip of stored entries with 64-bit sizes (PKWARE APPNOTE.TXT 4.3, 4.5.3) and
/// a pickle of protocol 2. Tensors are holes in the file, which read as zeros and cost no disk, but where they are given bytes.
/// </summary>
internal sealed class TorchShard
{
    private const int Alignment = 64;

    private static readonly Dictionary<string, (string Storage, int Bytes)> Types = new()
    {
        ["F32"] = ("FloatStorage", 4),
        ["U8"] = ("ByteStorage", 1),
    };

    private readonly List<(long Bytes, byte[] Content)> _storages = [];
    private readonly ArrayBufferWriter<byte> _items = new();

    /// <returns>Its storage, for <see cref="Tie"/>.</returns>
    public int Add(string name, string dtype, long[] shape, byte[]? content = null)
    {
        var bytes = shape.Aggregate((long)Types[dtype].Bytes, (product, dim) => product * dim);
        _storages.Add((bytes, content ?? []));
        Tie(name, _storages.Count - 1, dtype, shape);
        return _storages.Count - 1;
    }

    /// <summary>Another name for a storage, as torch saves tied weights.</summary>
    public void Tie(string name, int storage, string dtype, long[] shape)
    {
        Text(name);
        Write("ctorch._utils\n_rebuild_tensor_v2\n(("u8);
        Text("storage");
        Write(Encoding.ASCII.GetBytes($"ctorch\n{Types[dtype].Storage}\n"));
        Text(storage.ToString(CultureInfo.InvariantCulture));
        Text("cpu");
        Integer(_storages[storage].Bytes / Types[dtype].Bytes);
        Write("tQ"u8);
        Integer(0);
        Tuple(shape);
        Tuple([.. shape.Select((_, axis) => shape.Skip(axis + 1).Aggregate(1L, (a, b) => a * b))]);
        Write([0x89]);
        Write("ccollections\nOrderedDict\n)RtR"u8);
    }

    public void Save(string path)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
        using var directory = new MemoryStream();
        byte[] pickle = [0x80, 2, .. "ccollections\nOrderedDict\n)R("u8, .. _items.WrittenSpan, .. "u."u8];
        var entries = new List<(string Name, long Bytes, byte[] Content)> { ("archive/data.pkl", pickle.Length, pickle) };
        entries.AddRange(_storages.Select((s, i) => (string.Create(CultureInfo.InvariantCulture, $"archive/data/{i}"), s.Bytes, s.Content)));
        entries.Add(("archive/version", 2, "3\n"u8.ToArray()));
        foreach (var (name, bytes, content) in entries)
        {
            directory.Write(DirectoryHeader(name, bytes, file.Position));
            file.Write(LocalHeader(name, file.Position));
            var start = file.Position;
            file.Write(content);
            file.Position = start + bytes;
        }
        var at = file.Position;
        directory.WriteTo(file);
        file.Write(End(entries.Count, at, directory.Length));
    }

    /// <summary>Its extra field pads to where the bytes are aligned.</summary>
    private static byte[] LocalHeader(string name, long position)
    {
        var padding = (int)((Alignment - (position + 30 + name.Length + 4) % Alignment) % Alignment);
        var header = new byte[30 + name.Length + 4 + padding];
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0x04034b50);
        // sizes stand in the directory alone
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(6), 0x0808);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(26), (ushort)name.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(28), (ushort)(4 + padding));
        Encoding.ASCII.GetBytes(name, header.AsSpan(30));
        "FB"u8.CopyTo(header.AsSpan(30 + name.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(32 + name.Length), (ushort)padding);
        return header;
    }

    private static byte[] DirectoryHeader(string name, long bytes, long local)
    {
        var header = new byte[46 + name.Length + 28];
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0x02014b50);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), 0x0808);
        foreach (var at in (ReadOnlySpan<int>)[20, 24, 42])
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(at), uint.MaxValue);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(28), (ushort)name.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(30), 28);
        Encoding.ASCII.GetBytes(name, header.AsSpan(46));
        var extra = header.AsSpan(46 + name.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(extra, 1);
        BinaryPrimitives.WriteUInt16LittleEndian(extra[2..], 24);
        BinaryPrimitives.WriteInt64LittleEndian(extra[4..], bytes);
        BinaryPrimitives.WriteInt64LittleEndian(extra[12..], bytes);
        BinaryPrimitives.WriteInt64LittleEndian(extra[20..], local);
        return header;
    }

    private static byte[] End(int count, long start, long length)
    {
        var end = new byte[56 + 20 + 22];
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06064b50);
        BinaryPrimitives.WriteInt64LittleEndian(end.AsSpan(4), 44);
        BinaryPrimitives.WriteInt64LittleEndian(end.AsSpan(24), count);
        BinaryPrimitives.WriteInt64LittleEndian(end.AsSpan(32), count);
        BinaryPrimitives.WriteInt64LittleEndian(end.AsSpan(40), length);
        BinaryPrimitives.WriteInt64LittleEndian(end.AsSpan(48), start);
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(56), 0x07064b50);
        BinaryPrimitives.WriteInt64LittleEndian(end.AsSpan(64), start + length);
        BinaryPrimitives.WriteInt32LittleEndian(end.AsSpan(72), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(76), 0x06054b50);
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(84), (ushort)Math.Min(count, ushort.MaxValue));
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(86), (ushort)Math.Min(count, ushort.MaxValue));
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(88), uint.MaxValue);
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(92), uint.MaxValue);
        return end;
    }

    private void Write(ReadOnlySpan<byte> opcodes) => _items.Write(opcodes);

    private void Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Write([(byte)'X', .. BitConverter.GetBytes(bytes.Length), .. bytes]);
    }

    private void Integer(long value)
    {
        if (value == (int)value)
            Write([(byte)'J', .. BitConverter.GetBytes((int)value)]);
        else
            Write([0x8a, sizeof(long), .. BitConverter.GetBytes(value)]);
    }

    private void Tuple(long[] values)
    {
        Write("("u8);
        foreach (var value in values)
            Integer(value);
        Write("t"u8);
    }
}
