using System.Buffers.Binary;
using System.Text;

namespace XlLoraOnnx.Formats;

/// <param name="DataType">ONNX's own number (TensorProto.DataType): 1 float32, 10 float16, 16 bfloat16, …</param>
/// <param name="Offset">Of the first byte, from the start of the file; may be 4-aligned only.</param>
public sealed record OnnxAdapterParameter(string Name, IReadOnlyList<long> Dims, int DataType, long Offset, long Bytes);

/// <summary>
/// What an .onnx_adapter file holds: a FlatBuffer with the identifier TORT. Every offset is checked before it is followed; the data is not
/// read. Files of the official writer, which leaves default values out, are read too.
/// </summary>
public sealed class OnnxAdapterFile
{
    private const int SupportedFormatVersion = 1;
    private const int MaxNameBytes = 4096;
    private const int MaxRank = 8;

    public static ReadOnlySpan<byte> Identifier => "TORT"u8;

    public required string Path { get; init; }
    public required int AdapterVersion { get; init; }
    /// <summary>For our files <see cref="BaseFingerprints.ModelVersion"/> of the base; 0 where the writer said nothing.</summary>
    public required int ModelVersion { get; init; }
    public required IReadOnlyList<OnnxAdapterParameter> Parameters { get; init; }

    /// <exception cref="InvalidDataException">It is no such file, or a damaged one.</exception>
    public static OnnxAdapterFile Read(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"The adapter file '{path}' does not exist.", path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return new FlatBuffer(stream, path).ReadAdapter();
    }

    /// <summary>The bytes of one parameter.</summary>
    public byte[] ReadBytes(OnnxAdapterParameter parameter)
    {
        using var stream = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.Read);
        var bytes = new byte[parameter.Bytes];
        stream.Position = parameter.Offset;
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static int? ElementBytes(int dataType) => dataType switch
    {
        2 or 3 or 9 => 1,
        4 or 5 or 10 or 16 => 2,
        1 or 6 or 12 => 4,
        7 or 11 or 13 => 8,
        _ => null,
    };

    private sealed class FlatBuffer(FileStream stream, string path)
    {
        private readonly long _length = stream.Length;
        private readonly byte[] _buffer = new byte[8];

        public OnnxAdapterFile ReadAdapter()
        {
            if (_length < 8 || !Bytes(4, 4).SequenceEqual(Identifier))
                throw Malformed("it does not carry the identifier TORT");
            var root = UInt32(0);
            var format = Field(root, 0) is { } f ? Int32(f) : 0;
            if (format != SupportedFormatVersion)
                throw new NotSupportedException($"'{path}' has format_version {format}; {SupportedFormatVersion} is supported.");
            return new OnnxAdapterFile
            {
                Path = path,
                AdapterVersion = Field(root, 1) is { } a ? Int32(a) : 0,
                ModelVersion = Field(root, 2) is { } m ? Int32(m) : 0,
                Parameters = ReadParameters(root),
            };
        }

        private List<OnnxAdapterParameter> ReadParameters(long root)
        {
            var parameters = new List<OnnxAdapterParameter>();
            if (Field(root, 3) is not { } field)
                return parameters;
            var vector = Follow(field);
            var count = UInt32(vector);
            Range(vector + 4, 4 * count);
            var (names, bytes) = (new HashSet<string>(StringComparer.Ordinal), 0L);
            for (var i = 0; i < count; i++)
            {
                var parameter = ReadParameter(Follow(vector + 4 + 4L * i), i);
                if (!names.Add(parameter.Name))
                    throw Malformed($"parameter '{parameter.Name}' occurs twice");
                // tables may share bytes; a small file could promise any amount of names and data
                bytes += parameter.Name.Length + parameter.Bytes;
                if (bytes > _length)
                    throw Malformed($"its names and data overlap: {bytes} bytes of them by '{parameter.Name}', in a file of {_length}");
                parameters.Add(parameter);
            }
            return parameters;
        }

        private OnnxAdapterParameter ReadParameter(long table, int index)
        {
            var name = ReadName(Required(table, 0, index, "name"));
            var dims = ReadDims(Required(table, 1, index, "dims"), name);
            var dataType = Int32(Required(table, 2, index, "data_type", isOffset: false));
            var data = Required(table, 3, index, "raw_data");
            var bytes = UInt32(data);
            Range(data + 4, bytes);
            if (ElementBytes(dataType) is not { } size)
                throw Malformed($"parameter '{name}' has the unknown data_type {dataType}");
            long expected;
            try
            {
                expected = dims.Aggregate((long)size, (product, dim) => checked(product * dim));
            }
            catch (OverflowException e)
            {
                throw new InvalidDataException($"'{path}' is damaged: the size of parameter '{name}' overflows.", e);
            }
            return expected == bytes
                ? new OnnxAdapterParameter(name, dims, dataType, data + 4, bytes)
                : throw Malformed($"parameter '{name}' [{string.Join(", ", dims)}] needs {expected} bytes and has {bytes}");
        }

        private string ReadName(long position)
        {
            var length = UInt32(position);
            if (length is 0 or > MaxNameBytes)
                throw Malformed($"a name of {length} bytes; 1 to {MaxNameBytes} are allowed");
            return Encoding.UTF8.GetString(Bytes(position + 4, (int)length));
        }

        private long[] ReadDims(long position, string name)
        {
            var rank = UInt32(position);
            if (rank is 0 or > MaxRank)
                throw Malformed($"parameter '{name}' has {rank} dimensions; 1 to {MaxRank} are allowed");
            var dims = new long[rank];
            for (var i = 0; i < dims.Length; i++)
            {
                dims[i] = BinaryPrimitives.ReadInt64LittleEndian(Bytes(position + 4 + 8L * i, 8));
                if (dims[i] < 0)
                    throw Malformed($"parameter '{name}' has the dimension {dims[i]}");
            }
            return dims;
        }

        private long Required(long table, int field, int index, string what, bool isOffset = true)
        {
            var position = Field(table, field) ?? throw Malformed($"parameter {index} has no {what}");
            return isOffset ? Follow(position) : position;
        }

        /// <summary>Where a field of a table lies; null if the writer left it out.</summary>
        private long? Field(long table, int index)
        {
            var vtable = table - Int32(table);
            var vtableBytes = UInt16(vtable);
            var tableBytes = UInt16(vtable + 2);
            var slot = 4 + 2 * index;
            if (slot + 2 > vtableBytes || UInt16(vtable + slot) is not (> 0 and var offset))
                return null;
            return offset + 4 <= tableBytes ? table + offset : throw Malformed($"a field at {table + offset} lies outside its table");
        }

        private long Follow(long position) => position + UInt32(position);

        private ushort UInt16(long position) => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(position, 2));

        private int Int32(long position) => BinaryPrimitives.ReadInt32LittleEndian(Bytes(position, 4));

        private uint UInt32(long position) => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(position, 4));

        private ReadOnlySpan<byte> Bytes(long position, int count)
        {
            Range(position, count);
            stream.Position = position;
            var bytes = count <= _buffer.Length ? _buffer.AsSpan(0, count) : new byte[count];
            stream.ReadExactly(bytes);
            return bytes;
        }

        private void Range(long position, long count)
        {
            if (position < 0 || position > _length - count)
                throw Malformed($"the {count} bytes at {position} lie outside its {_length} bytes; it may be truncated");
        }

        private InvalidDataException Malformed(string what) =>
            new($"'{path}' is no valid .onnx_adapter file: {what}. Export the adapter again.");
    }
}
