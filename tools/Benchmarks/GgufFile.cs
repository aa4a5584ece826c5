using System.Runtime.InteropServices;
using System.Text;

namespace XlLoraOnnx.Benchmarks;

/// <summary>A file of llama.cpp, GGUF version 3: metadata, then tensors, all of them in float32.</summary>
internal sealed class GgufFile
{
    private const int Version = 3, Alignment = 32;
    private const int UInt32 = 4, Int32 = 5, Float32 = 6, String = 8, Array = 9;
    private const int TensorOfFloat32 = 0;

    private readonly List<(string Key, int Type, Action<BinaryWriter> Write)> _metadata = [];
    private readonly List<(string Name, long[] Shape, Func<float[]> Read)> _tensors = [];

    public void Add(string key, string value) => _metadata.Add((key, String, w => WriteText(w, value)));

    public void Add(string key, int value) => _metadata.Add((key, UInt32, w => w.Write(value)));

    public void Add(string key, float value) => _metadata.Add((key, Float32, w => w.Write(value)));

    public void Add(string key, string[] values) => AddArray(key, String, values, WriteText);

    public void Add(string key, float[] values) => AddArray(key, Float32, values, (w, value) => w.Write(value));

    public void Add(string key, int[] values) => AddArray(key, Int32, values, (w, value) => w.Write(value));

    /// <param name="shape">Rows first, as everywhere else; the file has columns first.</param>
    /// <param name="read">Called when the tensor is written.</param>
    public void AddTensor(string name, IEnumerable<long> shape, Func<float[]> read) => _tensors.Add((name, [.. shape], read));

    public void Write(string path)
    {
        using var writer = new BinaryWriter(new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20));
        writer.Write("GGUF"u8);
        writer.Write(Version);
        writer.Write((long)_tensors.Count);
        writer.Write((long)_metadata.Count);
        foreach (var (key, type, write) in _metadata)
        {
            WriteText(writer, key);
            writer.Write(type);
            write(writer);
        }
        long offset = 0;
        foreach (var (name, shape, _) in _tensors)
        {
            WriteText(writer, name);
            writer.Write(shape.Length);
            foreach (var size in shape.Reverse())
                writer.Write(size);
            writer.Write(TensorOfFloat32);
            writer.Write(offset);
            offset = Align(offset + sizeof(float) * shape.Aggregate(1L, (product, size) => product * size));
        }
        foreach (var (_, _, read) in _tensors)
        {
            Pad(writer);
            writer.Write(MemoryMarshal.AsBytes(read().AsSpan()));
        }
        Pad(writer);
    }

    private void AddArray<T>(string key, int type, T[] values, Action<BinaryWriter, T> write)
    {
        _metadata.Add((key, Array, WriteAll));

        void WriteAll(BinaryWriter w)
        {
            w.Write(type);
            w.Write((long)values.Length);
            foreach (var value in values)
                write(w, value);
        }
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((long)bytes.Length);
        writer.Write(bytes);
    }

    private static void Pad(BinaryWriter writer)
    {
        writer.Flush();
        var position = writer.BaseStream.Position;
        writer.Write(new byte[Align(position) - position]);
    }

    private static long Align(long position) => (position + Alignment - 1) / Alignment * Alignment;
}
