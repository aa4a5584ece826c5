namespace Findings;

using Google.FlatBuffers;

/// <summary>Writes .onnx_adapter files of float32 vectors: a FlatBuffer, id TORT, format version 1.</summary>
static class OnnxAdapter
{
    public static byte[] Of(params (string Name, float[] Values)[] parameters)
    {
        var builder = new FlatBufferBuilder(256);
        var tables = parameters.Select(p => Parameter(builder, p.Name, p.Values)).ToArray();
        builder.StartVector(4, tables.Length, 4);
        foreach (var table in tables.Reverse()) builder.AddOffset(table);
        var list = builder.EndVector();
        builder.StartTable(4);              // format_version, adapter_version, model_version, parameters
        builder.AddInt(0, 1, 0);
        builder.AddOffset(3, list.Value, 0);
        builder.Finish(builder.EndTable(), "TORT");
        return builder.SizedByteArray();
    }

    static int Parameter(FlatBufferBuilder builder, string name, float[] values)
    {
        var text = builder.CreateString(name);
        builder.StartVector(8, 1, 8);
        builder.AddLong(values.Length);
        var dims = builder.EndVector();
        var bytes = values.SelectMany(BitConverter.GetBytes).ToArray();
        builder.StartVector(1, bytes.Length, 8);
        foreach (var b in bytes.Reverse()) builder.AddByte(b);
        var raw = builder.EndVector();
        builder.StartTable(4);              // name, dims, data_type (1 = float32), raw_data
        builder.AddOffset(0, text.Value, 0);
        builder.AddOffset(1, dims.Value, 0);
        builder.AddInt(2, 1, 0);
        builder.AddOffset(3, raw.Value, 0);
        return builder.EndTable();
    }
}
