using System.Text;

namespace XlLoraOnnx.Exporter;

/// <param name="Source">A tensor of this shape and type.</param>
internal sealed record OnnxAdapterTensor(string Name, long[] Dims, TensorSource Source, OnnxType Type = OnnxType.Float)
{
    public long Bytes => Dims.Aggregate((long)Type.Bytes(), (product, dim) => checked(product * dim));
}

/// <summary>
/// Writes .onnx_adapter files, a FlatBuffer with the identifier TORT (ONNX Runtime, onnxruntime/lora/adapter_format): all tables first,
/// then the data, so that tensors are streamed. Every offset but that of a vtable points forward and is relative to its own place.
/// </summary>
internal static class OnnxAdapterWriter
{
    private const int FormatVersion = 1;
    private const int AdapterVersion = 1;
    private const int RootVtable = 8;
    private const int VtableBytes = 12;
    private const int TableBytes = 20;
    private const int DataAlignment = 64;

    /// <exception cref="NotSupportedException">It would be too large for 32-bit offsets.</exception>
    public static void Write(Stream stream, int modelVersion, IReadOnlyList<OnnxAdapterTensor> tensors, CancellationToken cancellationToken)
    {
        var layout = Layout(tensors);
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        long position = 0;
        WriteRoot(writer, modelVersion, layout);
        position = layout.FirstTable;
        for (var i = 0; i < tensors.Count; i++)
            position += WriteTable(writer, position, layout.Vtable, layout.Places[i], tensors[i].Type);
        for (var i = 0; i < tensors.Count; i++)
            position = WriteNameAndDims(writer, position, layout.Places[i], tensors[i]);
        writer.Flush();
        for (var i = 0; i < tensors.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Pad(writer, layout.Places[i].Data - position);
            writer.Write((uint)tensors[i].Bytes);
            writer.Flush();
            tensors[i].Source.WriteTo(stream, cancellationToken);
            position = layout.Places[i].Data + 4 + tensors[i].Bytes;
        }
        Pad(writer, Align(position, 8) - position);
        writer.Flush();
    }

    private static AdapterLayout Layout(IReadOnlyList<OnnxAdapterTensor> tensors)
    {
        var vector = RootVtable + VtableBytes + TableBytes;
        var vtable = vector + 4 + 4 * tensors.Count;
        var firstTable = vtable + VtableBytes;
        var places = new TensorPlace[tensors.Count];
        long position = firstTable + (long)TableBytes * tensors.Count;
        for (var i = 0; i < places.Length; i++)
        {
            var name = position;
            var dims = AfterLength(Align(name + 4 + Encoding.UTF8.GetByteCount(tensors[i].Name) + 1, 4), 8);
            position = dims + 4 + 8 * tensors[i].Dims.Length;
            places[i] = new TensorPlace(name, dims, 0);
        }
        for (var i = 0; i < places.Length; i++)
        {
            var data = AfterLength(position, DataAlignment);
            places[i] = places[i] with { Data = data };
            position = checked(data + 4 + tensors[i].Bytes);
        }
        if (position > int.MaxValue - 8)
            throw new NotSupportedException($"The adapter would have {position} bytes; .onnx_adapter files hold less than 2 GiB.");
        return new AdapterLayout(vector, vtable, firstTable, places);
    }

    private static void WriteRoot(BinaryWriter writer, int modelVersion, AdapterLayout layout)
    {
        const int Root = RootVtable + VtableBytes;
        writer.Write((uint)Root);
        writer.Write(OnnxAdapterFile.Identifier);
        WriteVtable(writer);
        writer.Write(Root - RootVtable);
        writer.Write(FormatVersion);
        writer.Write(AdapterVersion);
        writer.Write(modelVersion);
        writer.Write((uint)(layout.Vector - (Root + 16)));
        writer.Write((uint)layout.Places.Length);
        for (var i = 0; i < layout.Places.Length; i++)
            writer.Write((uint)(layout.FirstTable + TableBytes * i - (layout.Vector + 4 + 4 * i)));
        WriteVtable(writer);
    }

    // four fields of four bytes each, in the order of the schema; the same for both kinds of table
    private static void WriteVtable(BinaryWriter writer)
    {
        foreach (var value in (ReadOnlySpan<ushort>)[VtableBytes, TableBytes, 4, 8, 12, 16])
            writer.Write(value);
    }

    private static int WriteTable(BinaryWriter writer, long position, int vtable, TensorPlace place, OnnxType type)
    {
        writer.Write((int)(position - vtable));
        writer.Write((uint)(place.Name - (position + 4)));
        writer.Write((uint)(place.Dims - (position + 8)));
        writer.Write((int)type);
        writer.Write((uint)(place.Data - (position + 16)));
        return TableBytes;
    }

    /// <returns>The position after them.</returns>
    private static long WriteNameAndDims(BinaryWriter writer, long position, TensorPlace place, OnnxAdapterTensor tensor)
    {
        Pad(writer, place.Name - position);
        var name = Encoding.UTF8.GetBytes(tensor.Name);
        writer.Write((uint)name.Length);
        writer.Write(name);
        Pad(writer, place.Dims - (place.Name + 4 + name.Length));
        writer.Write((uint)tensor.Dims.Length);
        foreach (var dim in tensor.Dims)
            writer.Write(dim);
        return place.Dims + 4 + 8 * tensor.Dims.Length;
    }

    private static void Pad(BinaryWriter writer, long count)
    {
        for (; count > 0; count--)
            writer.Write((byte)0);
    }

    private static long Align(long position, long alignment) => (position + alignment - 1) / alignment * alignment;

    /// <summary>Where a four-byte length goes so that what follows it is aligned.</summary>
    private static long AfterLength(long position, long alignment) => Align(position + 4, alignment) - 4;

    private sealed record AdapterLayout(int Vector, int Vtable, int FirstTable, TensorPlace[] Places);

    private readonly record struct TensorPlace(long Name, long Dims, long Data);
}
