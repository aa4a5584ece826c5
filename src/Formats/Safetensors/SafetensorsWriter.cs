using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace XlLoraOnnx.Formats;

/// <summary>
/// Writes float32 tensors as safetensors, one after the other: the header is known from their shapes alone, so that no more than one
/// tensor is in memory.
/// </summary>
/// <remarks>Not thread-safe. The stream is the caller's and stays open.</remarks>
public sealed class SafetensorsWriter
{
    private readonly Stream _stream;
    private readonly IReadOnlyList<(string Name, IReadOnlyList<long> Shape)> _tensors;
    private int _next;

    /// <summary>Writes the header.</summary>
    /// <param name="stream">To be written from its current position on.</param>
    /// <param name="tensors">Name and shape, in the order in which they will be written.</param>
    /// <param name="metadata">Strings for <c>__metadata__</c>.</param>
    /// <exception cref="ArgumentException">A name is there twice.</exception>
    public SafetensorsWriter(
        Stream stream, IReadOnlyList<(string Name, IReadOnlyList<long> Shape)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentNullException.ThrowIfNull(metadata);
        if (tensors.GroupBy(t => t.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"Tensor '{twice.Key}' is to be written {twice.Count()} times; names are unique.", nameof(tensors));
        (_stream, _tensors) = (stream, tensors);
        WriteHeader(metadata);
    }

    /// <summary>The next tensor.</summary>
    /// <param name="name">As announced.</param>
    /// <param name="values">In row-major order.</param>
    /// <exception cref="ArgumentException">It is not the next one, or has another number of values.</exception>
    public void Write(string name, ReadOnlySpan<float> values)
    {
        if (_next == _tensors.Count || _tensors[_next].Name != name)
            throw new ArgumentException($"Tensor '{name}' is not the next one; "
                + $"{(_next == _tensors.Count ? "all are written" : $"'{_tensors[_next].Name}' is")}.", nameof(name));
        if (values.Length != Elements(_tensors[_next].Shape))
            throw new ArgumentException(
                $"Tensor '{name}' has {values.Length} values; [{string.Join(", ", _tensors[_next].Shape)}] takes "
                + $"{Elements(_tensors[_next].Shape)}.", nameof(values));
        _stream.Write(MemoryMarshal.AsBytes(values));
        _next++;
    }

    private void WriteHeader(IReadOnlyDictionary<string, string> metadata)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("__metadata__");
            foreach (var (key, value) in metadata)
                writer.WriteString(key, value);
            writer.WriteEndObject();
            long offset = 0;
            foreach (var (name, shape) in _tensors)
                offset = WriteEntry(writer, name, shape, offset);
            writer.WriteEndObject();
        }
        // upstream pads with spaces so that the data begins at a multiple of eight
        while (json.Length % 8 != 0)
            json.WriteByte((byte)' ');
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        _stream.Write(length);
        json.WriteTo(_stream);
    }

    /// <returns>The offset after it.</returns>
    private static long WriteEntry(Utf8JsonWriter writer, string name, IReadOnlyList<long> shape, long offset)
    {
        var end = checked(offset + Elements(shape) * sizeof(float));
        writer.WriteStartObject(name);
        writer.WriteString("dtype", "F32");
        writer.WriteStartArray("shape");
        foreach (var dim in shape)
            writer.WriteNumberValue(dim);
        writer.WriteEndArray();
        writer.WriteStartArray("data_offsets");
        writer.WriteNumberValue(offset);
        writer.WriteNumberValue(end);
        writer.WriteEndArray();
        writer.WriteEndObject();
        return end;
    }

    private static long Elements(IReadOnlyList<long> shape) => shape.Aggregate(1L, (product, dim) => checked(product * dim));
}
