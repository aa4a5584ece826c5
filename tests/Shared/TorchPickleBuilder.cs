using System.Buffers.Binary;
using System.Text;

namespace XlLoraOnnx.Tests;

/// <summary>
/// Files of torch.save built in the test, from the format: a zip of stored entries, each aligned to 64 bytes by an extra field of its local
/// header, with zip64 records at the end, and a pickle of protocol 2 with the opcodes that CPython's pickler writes of a state dict.
/// </summary>
internal sealed class TorchPickleBuilder
{
    private static readonly Dictionary<string, (string Storage, int Bytes)> Types = new()
    {
        ["F64"] = ("DoubleStorage", 8),
        ["F32"] = ("FloatStorage", 4),
        ["F16"] = ("HalfStorage", 2),
        ["BF16"] = ("BFloat16Storage", 2),
        ["I64"] = ("LongStorage", 8),
        ["I32"] = ("IntStorage", 4),
        ["U8"] = ("ByteStorage", 1),
        ["BOOL"] = ("BoolStorage", 1),
    };

    private readonly List<byte[]> _storages = [];
    private readonly Dictionary<string, (int Storage, string DType, long[] Shape)> _tensors = [];
    private readonly List<byte> _items = [];

    public TorchPickleBuilder Add(string name, string dtype, long[] shape, ReadOnlySpan<byte> bytes)
    {
        _storages.Add(bytes.ToArray());
        _tensors[name] = (_storages.Count - 1, dtype, shape);
        return View(name, name, 0, shape);
    }

    public TorchPickleBuilder AddFloats(string name, params long[] shape)
    {
        var values = Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(i => i / 64f - 0.5f);
        return Add(name, "F32", shape, [.. values.SelectMany(BitConverter.GetBytes)]);
    }

    /// <summary>Another name for a tensor: the same storage, as torch saves tied weights.</summary>
    public TorchPickleBuilder Tie(string name, string other) => View(name, other, 0, _tensors[other].Shape);

    /// <param name="offset">In elements of the other's storage.</param>
    /// <param name="strides">Null for row by row.</param>
    public TorchPickleBuilder View(string name, string other, long offset, long[] shape, long[]? strides = null)
    {
        var (storage, dtype, _) = _tensors[other];
        var (type, elementBytes) = Types[dtype];
        Text(name);
        Global("torch._utils", "_rebuild_tensor_v2");
        _items.AddRange("(("u8);
        Text("storage");
        Global("torch", type);
        Text(storage.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Text("cpu");
        Integer(_storages[storage].Length / elementBytes);
        _items.AddRange("tQ"u8);
        Integer(offset);
        Tuple(shape);
        Tuple(strides ?? [.. shape.Select((_, axis) => shape.Skip(axis + 1).Aggregate(1L, (a, b) => a * b))]);
        _items.Add(0x89);
        Global("collections", "OrderedDict");
        _items.AddRange(")RtR"u8);
        return this;
    }

    /// <summary>Something that is no tensor.</summary>
    public TorchPickleBuilder Raw(string name, ReadOnlySpan<byte> opcodes)
    {
        Text(name);
        _items.AddRange(opcodes);
        return this;
    }

    /// <summary>With the attribute _metadata that nn.Module.state_dict sets.</summary>
    public byte[] Pickle() =>
        [0x80, 2, .. "ccollections\nOrderedDict\n)R("u8, .. _items, .. "u}X\x09\0\0\0_metadata}sb."u8];

    public byte[] ToBytes() => Zip(Pickle());

    /// <summary>The file with another pickle in it.</summary>
    public byte[] Zip(byte[] pickle, string archive = "archive", string byteOrder = "little") => Zip(
    [
        (archive + "/data.pkl", pickle),
        (archive + "/byteorder", Encoding.ASCII.GetBytes(byteOrder)),
        .. _storages.Select((bytes, i) => ($"{archive}/data/{i}", bytes)),
        (archive + "/version", "3\n"u8.ToArray()),
    ]);

    public void Save(string path) => File.WriteAllBytes(path, ToBytes());

    public static byte[] Zip(params (string Name, byte[] Bytes)[] entries)
    {
        var (file, directory) = (new MemoryStream(), new MemoryStream());
        foreach (var (name, bytes) in entries)
        {
            var header = Header(46, 0x02014b50, name, bytes.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(42), (uint)file.Length);
            directory.Write(header);
            WriteEntry(file, name, bytes);
        }
        var (start, end) = (file.Length, new byte[56 + 20 + 22]);
        directory.WriteTo(file);
        WriteEnd(end, entries.Length, start, directory.Length, file.Length);
        file.Write(end);
        return file.ToArray();
    }

    private static void WriteEntry(MemoryStream file, string name, byte[] bytes)
    {
        var local = Header(30, 0x04034b50, name, 0);
        var padding = (int)((64 - (file.Length + local.Length + 4) % 64) % 64);
        BinaryPrimitives.WriteUInt16LittleEndian(local.AsSpan(28), (ushort)(padding + 4));
        file.Write(local);
        file.Write("FB"u8);
        file.Write(BitConverter.GetBytes((ushort)padding));
        file.Write([.. Enumerable.Repeat((byte)'Z', padding)]);
        file.Write(bytes);
        // the data descriptor: signature, checksum (which readers in place do not need), sizes
        file.Write([.. "PK\x07\x08"u8, 0, 0, 0, 0, .. BitConverter.GetBytes(bytes.Length), .. BitConverter.GetBytes(bytes.Length)]);
    }

    /// <summary>The fields of a local and a directory header that lie at their places from the beginning and from the end.</summary>
    private static byte[] Header(int length, uint signature, string name, int bytes)
    {
        var header = new byte[length + name.Length];
        var sizes = length == 46 ? 20 : 18;
        BinaryPrimitives.WriteUInt32LittleEndian(header, signature);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(length == 46 ? 8 : 6), 0x0808);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(sizes), bytes);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(sizes + 4), bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(sizes + 8), (ushort)name.Length);
        Encoding.ASCII.GetBytes(name, header.AsSpan(length));
        return header;
    }

    private static void WriteEnd(Span<byte> end, int count, long start, long length, long end64)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06064b50);
        BinaryPrimitives.WriteInt64LittleEndian(end[4..], 44);
        BinaryPrimitives.WriteInt64LittleEndian(end[24..], count);
        BinaryPrimitives.WriteInt64LittleEndian(end[32..], count);
        BinaryPrimitives.WriteInt64LittleEndian(end[40..], length);
        BinaryPrimitives.WriteInt64LittleEndian(end[48..], start);
        BinaryPrimitives.WriteUInt32LittleEndian(end[56..], 0x07064b50);
        BinaryPrimitives.WriteInt64LittleEndian(end[64..], end64);
        BinaryPrimitives.WriteInt32LittleEndian(end[72..], 1);
        BinaryPrimitives.WriteUInt32LittleEndian(end[76..], 0x06054b50);
        BinaryPrimitives.WriteUInt16LittleEndian(end[84..], (ushort)count);
        BinaryPrimitives.WriteUInt16LittleEndian(end[86..], (ushort)count);
        BinaryPrimitives.WriteUInt32LittleEndian(end[88..], (uint)length);
        BinaryPrimitives.WriteUInt32LittleEndian(end[92..], (uint)start);
    }

    private void Global(string module, string name) => _items.AddRange(Encoding.ASCII.GetBytes($"c{module}\n{name}\n"));

    private void Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        _items.Add((byte)'X');
        _items.AddRange(BitConverter.GetBytes(bytes.Length));
        _items.AddRange(bytes);
    }

    private void Integer(long value)
    {
        if (value == (int)value)
            _items.AddRange([(byte)'J', .. BitConverter.GetBytes((int)value)]);
        else
            _items.AddRange([0x8a, sizeof(long), .. BitConverter.GetBytes(value)]);
    }

    private void Tuple(long[] values)
    {
        _items.Add((byte)'(');
        foreach (var value in values)
            Integer(value);
        _items.Add((byte)'t');
    }
}
