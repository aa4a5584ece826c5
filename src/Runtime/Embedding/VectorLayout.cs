using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace XlLoraOnnx.Runtime;

/// <summary>The bytes of a file of vectors: a header of fixed length that is known at the end, and a row for each text.</summary>
internal sealed record VectorLayout(VectorFormat Format, int Dimension)
{
    private const int NpyHeaderBytes = 128;
    private const int SafetensorsHeaderBytes = 256;

    // texts in all scripts stay readable
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <exception cref="ArgumentException">The extension says nothing.</exception>
    public static VectorFormat FormatOf(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".npy" => VectorFormat.Npy,
        ".safetensors" => VectorFormat.Safetensors,
        ".jsonl" or ".ndjson" => VectorFormat.JsonLines,
        ".csv" => VectorFormat.Csv,
        var extension => throw new ArgumentException(
            $"'{path}': the extension '{extension}' is no format of vectors. Use .npy, .safetensors, .jsonl or .csv."),
    };

    /// <summary>Bytes of a row; null where rows end with a line.</summary>
    public int? RowBytes => Format is VectorFormat.Npy or VectorFormat.Safetensors ? Dimension * sizeof(float) : null;

    /// <summary>Of the same length for any number of rows.</summary>
    public byte[] Header(long rows) => Format switch
    {
        VectorFormat.Npy => NpyHeader(rows),
        VectorFormat.Safetensors => SafetensorsHeader(rows),
        VectorFormat.Csv => Encoding.UTF8.GetBytes($"row,{string.Join(',', Enumerable.Range(0, Dimension))}\n"),
        _ => [],
    };

    public void WriteRow(IBufferWriter<byte> destination, long row, string text, ReadOnlySpan<float> vector)
    {
        switch (Format)
        {
            case VectorFormat.JsonLines:
                WriteJson(destination, text, vector);
                break;
            case VectorFormat.Csv:
                var line = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{row}");
                foreach (var value in vector)
                    line.Append(CultureInfo.InvariantCulture, $",{value:R}");
                destination.Write(Encoding.UTF8.GetBytes(line.Append('\n').ToString()));
                break;
            default:
                destination.Write(MemoryMarshal.AsBytes(vector));
                break;
        }
    }

    /// <summary>NumPy format 1.0: magic, version, length, a Python dictionary padded with spaces.</summary>
    private byte[] NpyHeader(long rows)
    {
        var dictionary = string.Create(CultureInfo.InvariantCulture,
            $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {Dimension}), }}");
        var header = new byte[NpyHeaderBytes];
        header.AsSpan().Fill((byte)' ');
        ReadOnlySpan<byte> magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0];
        magic.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), NpyHeaderBytes - 10);
        Encoding.ASCII.GetBytes(dictionary, header.AsSpan(10));
        header[^1] = (byte)'\n';
        return header;
    }

    private byte[] SafetensorsHeader(long rows)
    {
        var json = string.Create(CultureInfo.InvariantCulture,
            $"{{\"embeddings\":{{\"dtype\":\"F32\"," +
            $"\"shape\":[{rows},{Dimension}],\"data_offsets\":[0,{rows * Dimension * sizeof(float)}]}}}}");
        var header = new byte[SafetensorsHeaderBytes];
        header.AsSpan().Fill((byte)' ');
        BinaryPrimitives.WriteInt64LittleEndian(header, SafetensorsHeaderBytes - sizeof(long));
        Encoding.ASCII.GetBytes(json, header.AsSpan(sizeof(long)));
        return header;
    }

    private static void WriteJson(IBufferWriter<byte> destination, string text, ReadOnlySpan<float> vector)
    {
        using (var json = new Utf8JsonWriter(destination, Readable))
        {
            json.WriteStartObject();
            json.WriteString("text", text);
            json.WriteStartArray("embedding");
            foreach (var value in vector)
                json.WriteNumberValue(value);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        destination.Write("\n"u8);
    }
}
