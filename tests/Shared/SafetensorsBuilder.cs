using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Tests;

/// <summary>Safetensors files built in the test: well formed, or with a header of the test's own.</summary>
internal sealed class SafetensorsBuilder
{
    private readonly JsonObject _header = [];
    private readonly List<byte> _data = [];

    public static byte[] Raw(string header, int dataBytes)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, json.Length);
        json.CopyTo(bytes, 8);
        return bytes;
    }

    public SafetensorsBuilder Add(string name, string dtype, long[] shape, ReadOnlySpan<byte> bytes)
    {
        _header[name] = new JsonObject
        {
            ["dtype"] = dtype,
            ["shape"] = new JsonArray([.. shape.Select(d => JsonValue.Create(d))]),
            ["data_offsets"] = new JsonArray(_data.Count, _data.Count + bytes.Length),
        };
        _data.AddRange(bytes);
        return this;
    }

    public SafetensorsBuilder AddFloats(string name, params long[] shape)
    {
        var values = Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(i => i / 64f - 0.5f).ToArray();
        return Add(name, "F32", shape, MemoryMarshal.AsBytes(values.AsSpan()));
    }

    public byte[] ToBytes()
    {
        var bytes = Raw(_header.ToJsonString(), _data.Count);
        _data.CopyTo(bytes, bytes.Length - _data.Count);
        return bytes;
    }

    public void Save(string path) => File.WriteAllBytes(path, ToBytes());
}
