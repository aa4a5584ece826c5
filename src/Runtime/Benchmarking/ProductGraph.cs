using System.Text;

namespace XlLoraOnnx.Runtime;

/// <summary>An ONNX model of a single product of two matrices, for sessions that measure a machine: the few fields of onnx.proto that it
/// takes, written by hand so that this package needs no library for them.</summary>
internal static class ProductGraph
{
    private const int Float = 1, UInt8 = 2, Int8 = 3, Int32 = 6;
    private const int IrVersion = 8, Opset = 17;

    /// <summary>a [rows, size] · b [size, size] = y, in float32.</summary>
    public static byte[] Floats(int rows, int size) => Model("MatMul", Float, Float, Float, rows, size);

    /// <summary>The same of uint8 and int8, summed up in int32.</summary>
    public static byte[] Integers(int rows, int size) => Model("MatMulInteger", UInt8, Int8, Int32, rows, size);

    private static byte[] Model(string op, int a, int b, int y, int rows, int size)
    {
        byte[] node = [.. Text(1, "a"), .. Text(1, "b"), .. Text(2, "y"), .. Text(4, op)];
        byte[] graph = [.. Field(1, node), .. Text(2, "product"), .. Value(11, "a", a, rows, size), .. Value(11, "b", b, size, size),
            .. Value(12, "y", y, rows, size)];
        return [.. Number(1, IrVersion), .. Field(7, graph), .. Field(8, Number(2, Opset))];
    }

    private static byte[] Value(int field, string name, int type, params int[] shape)
    {
        byte[] tensor = [.. Number(1, type), .. Field(2, [.. shape.SelectMany(d => Field(1, Number(1, d)))])];
        return Field(field, [.. Text(1, name), .. Field(2, Field(1, tensor))]);
    }

    private static byte[] Text(int field, string text) => Field(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Field(int field, byte[] bytes) => [.. Varint(field << 3 | 2), .. Varint(bytes.Length), .. bytes];

    private static byte[] Number(int field, int value) => [.. Varint(field << 3), .. Varint(value)];

    private static IEnumerable<byte> Varint(int value)
    {
        for (; value >= 0x80; value >>= 7)
            yield return (byte)(value | 0x80);
        yield return (byte)value;
    }
}
